/* Shows a notice that something is new in the health book, and opens it. Keeps no page. */
"use strict";

self.addEventListener("push", (event) => {
  const words = event.data ? event.data.json() : { title: "COVID-19", body: "" };
  const options = { body: words.body, tag: "news", icon: "/static/vaxplatform/icon-192.png" };
  event.waitUntil(self.registration.showNotification(words.title, options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow("/account/"));
});
