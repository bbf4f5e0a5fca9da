// What a page is, as the browser that runs this sees it: its links, and everything else of its tree. For
// test_chromium.py, which reads the functions from `window`.
(() => {
  const XHTML = "http://www.w3.org/1999/xhtml", PIXEL = "https://t.example/o/";

  // Takes the document apart. Links: [as written, as opened]; the pixel, and the links of comments, are left out of `tree`.
  window.takeApart = page => {
    const links = [];
    let pixels = 0;
    for (const element of page.querySelectorAll("*")) {
      if (element.namespaceURI !== XHTML) continue;
      if (["a", "area"].includes(element.localName) && element.hasAttribute("href")) {
        links.push([element.getAttribute("href"), element.href]);
        element.setAttribute("href", "");
      } else if (element.localName === "img" && (element.getAttribute("src") || "").startsWith(PIXEL)) {
        element.remove();
        ++pixels;
      }
    }
    const comments = page.createNodeIterator(page, NodeFilter.SHOW_COMMENT);
    for (let comment; (comment = comments.nextNode());)
      comment.data = comment.data.replace(/href\s*=\s*("[^"]*"|'[^']*'|[^\s>]*)/gi, "href");
    return {links, pixels, tree: (page.doctype ? "<!DOCTYPE>" : "") + page.documentElement.outerHTML};
  };

  window.opened = urls => urls.map(url => URL.canParse(url) ? new URL(url).href : url);

  const parse = text => new DOMParser().parseFromString(text, "text/html");

  // Whether what is written behind this page would be markup: no tag, comment or raw text is left open.
  const isWhole = text => parse(text + "<wbr id=probe>").getElementById("probe") !== null;

  // A <b> that was still open when what holds it ended is open again from the next text or image on, and then holds what
  // comes: where that is the pixel, the tree has it one place earlier. An <a> is one of them, and then one link more.
  const withoutFormatting = tree => tree.replace(/<\/?(a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)( [^>]*)?>/g, "");

  // Of [page, rewritten, {tracking URL: target}], what is wrong with the rewritten one; or nothing.
  window.faultsOf = pairs => pairs.map(([before, after, targets]) => {
    const was = takeApart(parse(before)), is = takeApart(parse(after)), faults = [];
    if (was.links.length !== is.links.length) {
      return [withoutFormatting(was.tree) === withoutFormatting(is.tree) ? "formatting"
        : `${was.links.length} links became ${is.links.length}`];
    }
    was.links.forEach(([written, url], i) => {
      const now = is.links[i][0];
      // Chromium opens hosts with spaces (the URL standard does not) and with what template languages begin a name with.
      const isWeb = /^https?:\/\/[^\/?#\\ "$`{}]+([\/?#\\]|$)/i.test(
        written.replace(/^[\x00-\x20]+|[\x00-\x20]+$/g, "").replace(/[\t\n\r]/g, ""));
      if (now in targets) {
        if (opened([targets[now]])[0] !== url) faults.push(`${url} became ${targets[now]}`);
      } else if (now !== written) faults.push(`${written} was touched: ${now}`);
      else if (isWeb && URL.canParse(written)) faults.push(`${written} was left`);
    });
    if (is.pixels !== 1) faults.push(`${is.pixels} pixels`);
    if (was.tree !== is.tree && isWhole(before)) {
      if (withoutFormatting(was.tree) === withoutFormatting(is.tree)) return faults.concat("formatting");
      let at = 0;
      while (was.tree[at] === is.tree[at]) ++at;
      const near = tree => tree.slice(Math.max(0, at - 100), at + 60);
      faults.push(`the tree was ${near(was.tree)} and is ${near(is.tree)}`);
    }
    return faults.length ? faults : null;
  });
})();
