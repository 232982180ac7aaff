// What only the browser can do: follow the conversation, remember a tab's name, find a quote in a page.
window.tavern = {
  follow: true,
  tail: "",
  atEnd() {
    const page = document.documentElement;
    return page.scrollHeight - window.scrollY - window.innerHeight < 140;
  },
  toEnd() {
    tavern.follow = true;
    tavern.tail = "";
    window.scrollTo({ top: document.documentElement.scrollHeight });
  },
  watch(hall) {
    window.addEventListener("scroll", () => { if (tavern.atEnd()) tavern.follow = true; }, { passive: true });
    // Only people stop the following: a page that grows scrolls too, and must not.
    for (const by of ["wheel", "touchmove", "pointerup", "keyup"]) {
      window.addEventListener(by, () => { tavern.tail = ""; tavern.follow = tavern.atEnd(); }, { passive: true });
    }
    new ResizeObserver(() => {
      if (tavern.tail) tavern.reveal(tavern.tail);
      else if (tavern.follow) tavern.toEnd();
    }).observe(hall);
    tavern.toEnd();
  },
  // Keeps a thread's end in view while its answer grows, until the person scrolls.
  reveal(id) {
    tavern.tail = id;
    const thread = document.getElementById(id);
    if (thread) thread.scrollIntoView({ block: "end" });
  },
  recall() {
    const get = (store, name) => { try { return store.getItem(name) || ""; } catch { return ""; } };
    return {
      name: get(sessionStorage, "tavern-name"),
      last: get(localStorage, "tavern-name"),
      theme: get(localStorage, "tavern-theme"),
      dark: matchMedia("(prefers-color-scheme: dark)").matches,
    };
  },
  remember(name) {
    try { sessionStorage.setItem("tavern-name", name); localStorage.setItem("tavern-name", name); } catch { /* private mode */ }
  },
  theme(value) {
    try { localStorage.setItem("tavern-theme", value); } catch { /* private mode */ }
  },
  // Marks the quote's words wherever they stand, whatever markup is between them, and scrolls there.
  mark(id, quote) {
    const root = document.getElementById(id);
    if (!root) return false;
    const squeeze = (text) => [...text.matchAll(/[\p{L}\p{N}]/gu)];
    const wanted = squeeze(quote).map((m) => m[0].toLowerCase()).join("");
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const places = [];
    let held = "";
    while (walker.nextNode()) {
      for (const m of squeeze(walker.currentNode.data)) {
        for (const sign of m[0].toLowerCase()) {
          held += sign;
          for (let i = 0; i < sign.length; i += 1) places.push([walker.currentNode, m.index, m.index + m[0].length]);
        }
      }
    }
    let length = wanted.length;
    let from = wanted ? held.indexOf(wanted) : -1;
    while (from < 0 && length > 24) {
      length = Math.floor(length * 0.75);
      from = held.indexOf(wanted.slice(0, length));
    }
    if (from < 0) return false;
    const [opening, start] = places[from];
    const [closing, , end] = places[from + length - 1];
    const nodes = [];
    const between = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (between.nextNode()) {
      const node = between.currentNode;
      if ((nodes.length || node === opening) && (node.data.trim() || node === opening)) nodes.push(node);
      if (node === closing) break;
    }
    let first = null;
    for (const node of nodes) {
      const range = document.createRange();
      range.setStart(node, node === opening ? start : 0);
      range.setEnd(node, node === closing ? end : node.data.length);
      const mark = document.createElement("mark");
      range.surroundContents(mark);
      first = first || mark;
    }
    first.dataset.testid = "quote";
    // A dialog is still growing when its page arrives: aim again until it has its size.
    for (const wait of [0, 150, 350, 600]) {
      setTimeout(() => first.scrollIntoView({ block: "center" }), wait);
    }
    return true;
  },
};
