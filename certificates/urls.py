"""Public pages of certificates."""

from django.urls import path, re_path

from certificates import copies_views, sharing_views, verifier_views, views, wallet_views

app_name = "certificates"
urlpatterns = [
    path("certificates/<uuid:public_id>/", views.certificate, name="certificate"),
    path("certificates/<uuid:public_id>.pdf", views.certificate_as_pdf, name="pdf"),
    path("certificates/<uuid:public_id>.svg", views.certificate_as_svg, name="svg"),
    path("certificates/<uuid:public_id>.png", views.certificate_as_png, name="png"),
    path("certificates/<uuid:public_id>/share/", sharing_views.share, name="share"),
    path(
        "certificates/<uuid:public_id>/share/<int:link_id>/withdraw/",
        sharing_views.withdraw,
        name="withdraw",
    ),
    # A QR holds the address in capitals; vaxplatform.logs hides the secret.
    re_path(r"^s/(?P<secret>[A-Za-z2-7]{32})/$", sharing_views.shared, name="shared"),
    re_path(r"^S/(?P<secret>[A-Za-z2-7]{32})/?$", sharing_views.shared),
    path(
        "certificates/<uuid:public_id>.smart-health-card",
        copies_views.smart_health_card_file,
        name="smart-health-card-file",
    ),
    *(
        path(f"certificates/<uuid:public_id>/{address}", view, {"format": format}, name=name)
        for format, slug in copies_views.SLUGS.items()
        for address, view, name in (
            (f"{slug}/", copies_views.copy_page, slug),
            (f"{slug}/ask/", copies_views.ask_for_copy, f"ask-{slug}"),
            (f"{slug}.svg", copies_views.copy_as_svg, f"{slug}-svg"),
        )
    ),
    path(".well-known/jwks.json", copies_views.card_key_set, name="card-keys"),
    path(
        ".well-known/crl/<str:kid>.json", copies_views.cards_called_back, name="cards-called-back"
    ),
    path("wallet/", wallet_views.wallet, name="wallet"),
    path("wallet/worker.js", wallet_views.worker, name="wallet-worker"),
    path("wallet/manifest.webmanifest", wallet_views.manifest, name="wallet-manifest"),
    path("wallet/household/", wallet_views.household, name="wallet-household"),
    path("wallet/certificates/<uuid:public_id>/", wallet_views.kept_copy, name="wallet-copy"),
    path("verify/", verifier_views.verify_page, name="verify"),
    path("verify/manifest.webmanifest", verifier_views.manifest, name="verify-manifest"),
    path("verify/worker.js", verifier_views.worker, name="verify-worker"),
]
