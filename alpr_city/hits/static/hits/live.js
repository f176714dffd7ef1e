// Opens the page again when a hit arrives, or when the server has no place for a stream.
"use strict";
const again = () => window.location.replace("/hits/?auto");
const source = new EventSource("/hits/live/?auto&since=" + document.currentScript.dataset.since);
source.addEventListener("hit", again);
source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) setTimeout(again, 5000); });
