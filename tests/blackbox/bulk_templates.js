// Bulk mail as senders make it: prints {name: html}, of MJML (its components) and of Mailgen (its themes).
globalThis.window = globalThis; // mjml-browser looks for one
const mjmlModule = require('mjml-browser');
const mjml = mjmlModule.default || mjmlModule;
const Mailgen = require('mailgen');

const url = (n) => `https://shop.example/item/${n}?utm_medium=email&amp;n=${n}#about`;

const head = `<mj-head><mj-title>News</mj-title><mj-preview>What is new</mj-preview>
  <mj-attributes><mj-all font-family="Arial" /></mj-attributes>
  <mj-style inline="inline">.link { color: #336699 }</mj-style></mj-head>`;

const DOCUMENTS = {
  columns: `<mj-section background-color="#eeeeee">${[1, 2, 3].map((n) => `<mj-column>
    <mj-image src="https://img.example/${n}.png" href="${url(n)}" alt="${n}" />
    <mj-text><a class="link" href="${url(n)}">Item ${n}</a> and <a href="mailto:shop@example.org">us</a></mj-text>
    <mj-button href="${url(n)}">Buy</mj-button></mj-column>`).join('')}</mj-section>`,
  hero: `<mj-hero mode="fixed-height" height="300px" background-width="600px" background-height="300px"
    background-url="https://img.example/hero.png"><mj-text>Summer</mj-text>
    <mj-button href="${url(4)}">Look</mj-button></mj-hero>`,
  navigation: `<mj-section><mj-column><mj-navbar base-url="https://shop.example" hamburger="hamburger">
    <mj-navbar-link href="/a">A</mj-navbar-link><mj-navbar-link href="/b?c=1&amp;d=2">B</mj-navbar-link></mj-navbar>
    <mj-social><mj-social-element name="facebook" href="${url(5)}">Share</mj-social-element>
    <mj-social-element name="mastodon" href="${url(6)}" /></mj-social></mj-column></mj-section>`,
  table: `<mj-wrapper border="1px solid #000000"><mj-section><mj-column><mj-table><tr><th>Item</th><th>Price</th></tr>
    <tr><td><a href="${url(7)}">Seven</a></td><td>7 €</td></tr></mj-table><mj-divider />
    <mj-accordion><mj-accordion-element><mj-accordion-title>Why?</mj-accordion-title>
    <mj-accordion-text>See <a href='${url(8)}'>here</a></mj-accordion-text></mj-accordion-element></mj-accordion>
    <mj-carousel><mj-carousel-image src="https://img.example/c.png" href="${url(9)}" />
    <mj-carousel-image src="https://img.example/d.png" href="${url(10)}" /></mj-carousel>
    </mj-column></mj-section></mj-wrapper>`,
  raw: `<mj-raw><!--[if mso]><table><tr><td><v:roundrect href="https://shop.example/raw" style="height:40px">
    <center>Raw</center></v:roundrect></td></tr></table><![endif]--></mj-raw>
    <mj-section><mj-column><mj-text>Überraschung für {{name}}: <a href="{{unsubscribe}}">leave</a></mj-text>
    </mj-column></mj-section>`,
};

const letter = {
  body: {
    name: 'Ann',
    intro: ['Welcome to the shop.', 'You ordered:'],
    table: [{ data: [{ item: 'Umbrella', price: '12 €' }, { item: 'Boots', price: '80 €' }] }],
    action: [{ instructions: 'See your order:', button: { color: '#22BC66', text: 'Order', link: 'https://shop.example/order?a=1&b=2' } }],
    outro: 'Questions? <a href="https://shop.example/help">Ask</a>.',
    goToAction: { text: 'Order', link: 'https://shop.example/order', description: 'Shown by mail programs' },
  },
};

(async () => {
  const pages = {};
  for (const [name, body] of Object.entries(DOCUMENTS)) {
    const source = `<mjml lang="en">${head}<mj-body>${body}</mj-body></mjml>`;
    pages[`mjml-${name}`] = (await mjml(source, { validationLevel: 'strict' })).html;
  }
  for (const theme of ['default', 'salted', 'cerberus', 'neopolitan']) {
    const generator = new Mailgen({ theme, product: { name: 'Shop', link: 'https://shop.example/', logo: 'https://img.example/l.png' } });
    const html = generator.generate(letter);
    pages[`mailgen-${theme}`] = typeof html === 'string' ? html : await html;
  }
  console.log(JSON.stringify(pages));
})();
