"""Public pages of certificates."""

from django.urls import path, re_path

from certificates.views import certificate, copies, sharing, verifier, wallet

app_name = "certificates"
urlpatterns = [
    path("certificates/<uuid:public_id>/", certificate.certificate, name="certificate"),
    path("certificates/<uuid:public_id>.pdf", certificate.certificate_as_pdf, name="pdf"),
    path("certificates/<uuid:public_id>.svg", certificate.certificate_as_svg, name="svg"),
    path("certificates/<uuid:public_id>.png", certificate.certificate_as_png, name="png"),
    path("certificates/<uuid:public_id>/share/", sharing.share, name="share"),
    path(
        "certificates/<uuid:public_id>/share/<int:link_id>/withdraw/",
        sharing.withdraw,
        name="withdraw",
    ),
    # A QR holds the address in capitals; vaxplatform.logs hides the secret.
    re_path(r"^s/(?P<secret>[A-Za-z2-7]{32})/$", sharing.shared, name="shared"),
    re_path(r"^S/(?P<secret>[A-Za-z2-7]{32})/?$", sharing.shared),
    path(
        "certificates/<uuid:public_id>.smart-health-card",
        copies.smart_health_card_file,
        name="smart-health-card-file",
    ),
    *(
        path(f"certificates/<uuid:public_id>/{address}", view, {"format": format}, name=name)
        for format, slug in copies.SLUGS.items()
        for address, view, name in (
            (f"{slug}/", copies.copy_page, slug),
            (f"{slug}/ask/", copies.ask_for_copy, f"ask-{slug}"),
            (f"{slug}.svg", copies.copy_as_svg, f"{slug}-svg"),
        )
    ),
    path(".well-known/jwks.json", copies.card_key_set, name="card-keys"),
    path(".well-known/crl/<str:kid>.json", copies.cards_called_back, name="cards-called-back"),
    path("wallet/", wallet.wallet, name="wallet"),
    path("wallet/worker.js", wallet.worker, name="wallet-worker"),
    path("wallet/manifest.webmanifest", wallet.manifest, name="wallet-manifest"),
    path("wallet/household/", wallet.household, name="wallet-household"),
    path("wallet/certificates/<uuid:public_id>/", wallet.kept_copy, name="wallet-copy"),
    path("verify/", verifier.verify_page, name="verify"),
    path("verify/manifest.webmanifest", verifier.manifest, name="verify-manifest"),
    path("verify/worker.js", verifier.worker, name="verify-worker"),
]
