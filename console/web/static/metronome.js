// Ticks twice a second. A worker of its own: browsers slow the timers of pages that nobody looks at, down to one a minute.
setInterval(() => postMessage(0), 500);
