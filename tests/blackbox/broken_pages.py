"""Pages that nobody would write: pieces of markup in any order, and pages of the corpus with pieces cut out and put in."""
TAGS = ("a area b i p div span table tr td th tbody thead caption ul li dl dt dd select option script style title textarea "
        "noscript head body html h1 font center form button img br hr input pre iframe noembed xmp marquee object o:p big "
        "em strong u small code v:roundrect").split()
ATTRIBUTES = ['href="https://x.example/%d?a=1&amp;b=2"', "href=https://x.example/%d", "href='http://x.example/%d#f'",
              'href="mailto:a%d@x.example"', 'class="x%d"', 'title="<a href=http://y%d>"', "data-x='%d'",
              'style="color:red"', 'data-track="true%d"', 'href=""', "href", "/", "=", "color=red"]
PIECES = ["<!--", "-->", "--!>", "<!-->", "<!--[if mso]>", "<![endif]-->", "<!--[if !mso]><!-->", "<!--<![endif]-->",
          "<![CDATA[", "]]>", '"', "'", "<", ">", "&", "</", "/>", "=", " ", "\n", "text", "&amp;", "<!DOCTYPE html>",
          "<?xml ?>", "</body>", "</html>", "<script><!--<script>", "</script>", "\0", "\f", "é",
          '<a href="https://x.example/q">link</a>']


def broken_page(random, whole):
    return soup(random) if random.random() < 0.5 else mutated(random, random.choice(whole))


def tag(random):
    name = random.choice(TAGS)
    if random.random() < 0.2:
        name = name.upper()
    if random.random() < 0.45:
        return f"</{name}>"
    words = [name]
    for _ in range(random.choice([0, 0, 1, 1, 2, 3])):
        attribute = random.choice(ATTRIBUTES)
        words.append(attribute % random.randrange(99) if "%d" in attribute else attribute)
    if name.lower() in ("a", "area") and random.random() < 0.7:
        words.append(f'href="https://x.example/{random.randrange(999)}"')
    return "<" + " ".join(words) + ("/>" if random.random() < 0.06 else ">")


def soup(random):
    return "".join(tag(random) if random.random() < 0.65 else random.choice(PIECES)
                   for _ in range(random.randrange(1, 40)))


def mutated(random, page):
    start = random.randrange(max(1, len(page) - 200))
    page = page[start:start + random.randrange(200, 6000)] if random.random() < 0.7 else page[:12000]
    for _ in range(random.randrange(1, 8)):
        at, kind = random.randrange(len(page) + 1), random.random()
        if kind < 0.3:
            page = page[:at] + page[at + random.choice([1, 1, 2, 5, 20, 100]):]
        elif kind < 0.75:
            page = page[:at] + (tag(random) if random.random() < 0.5 else random.choice(PIECES)) + page[at:]
        else:
            other = random.randrange(len(page) + 1)
            page = page[:at] + page[other:other + random.randrange(300)] + page[at:]
    return page
