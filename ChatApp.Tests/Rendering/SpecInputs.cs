namespace ChatApp.Tests.Rendering;

/// <summary>Small inputs for every section of the CommonMark specification, and for the extensions that Markdig has too.</summary>
internal static class SpecInputs
{
    public static string[] Pieces { get; } =
    [
        "word ", "a", "Text. ", "\n", "\n\n", "- ", "* ", "1. ", "> ", "# ", "---", "***", "```\n", "~~~\n", "`", "``", "*", "**", "_",
        "__", "~~", "[", "]", "](http://a.b)", "![", "[a]", "\n\n[a]: http://x.y\n\n", "\\", "&amp;", "<http://u.v>", "<b>", "  \n", "  ",
        "    ", "snake_case ", "2 * 3 ", "(", ")", "!", "\"", "é", "。",
    ];

    public static string[] All { get; } =
    [
        // Tabs
        "\tfoo\tbaz", "  - foo\n\n\tbar", "- foo\n\n\t\tbar", ">\t\tfoo", "-\t\tfoo", " - foo\n   - bar\n\t - baz", "#\tFoo", "*\t*\t*\t",
        // Escapes
        "\\!\\\"\\#\\$\\%\\&\\'\\(\\)\\*\\+\\,", "\\\tA\\a\\ \\3", "\\*not em*\n\\<br/>\n\\[no](/x)\n\\`no`", "\\\\*em*", "foo\\\nbar",
        "`` \\[\\` ``", "~~~\n\\[\\]\n~~~", "<https://e.com?q=\\*>", "[f](http://a/b\\* \"t\\*t\")", "```foo\\+bar\nx\n```",
        // Entities
        "&nbsp; &amp; &copy; &AElig; &Dcaron; &frac34;", "&#35; &#1234; &#992; &#0;", "&#X22; &#XD06; &#xcab;", "&nbsp &x; &#; &#x;",
        "&copy", "[a](http://e/&ouml;)", "`f&ouml;&ouml;`", "&#42;foo&#42;", "&#42; foo", "foo&#10;bar",
        // Precedence
        "- `one\n- two`", "> `a\n> b`", "# `a\nb`",
        // Rules
        "***\n---\n___", "+++", "===", "--\n**\n__", " ***\n  ***\n   ***", "Foo\n    ***", "_____________________", " - - -",
        " **  * ** * ** * **", "-     -      -     -", "_ _ _ _ a", "a------", "- foo\n***\n- bar", "Foo\n***\nbar", "Foo\n---\nbar",
        "* Foo\n* * *\n* Bar", "- Foo\n- * * *",
        // Headings
        "# foo\n## foo\n### foo\n#### foo\n##### foo\n###### foo", "####### foo", "#5 bolt\n\n#hashtag", "\\## foo",
        "# foo *bar* \\*baz\\*", "#                  foo      ", "foo\n    # bar", "## foo ##\n  ###   bar    ###",
        "# foo ##################################", "### foo ###     ", "### foo ### b", "# foo#", "### foo \\###", "****\n## foo\n****",
        "Foo bar\n# baz\nBar foo", "## \n#\n### ###",
        // Setext
        "Foo *bar*\n=========\n\nFoo *bar*\n---------", "Foo *bar\nbaz*\n====", "  Foo *bar\nbaz*\t\n====",
        "Foo\n-------------------------\n\nFoo\n=", "   Foo\n---\n\n  Foo\n-----", "Foo\n   ----      ", "Foo\n= =\n\nFoo\n--- -",
        "Foo\\\n----", "`Foo\n----\n`", "> Foo\n---", "> foo\nbar\n===", "- Foo\n---", "Foo\nBar\n---", "---\nFoo\n---\nBar\n---\nBaz",
        "\n====", "---\n---", "- foo\n-----", "> foo\n-----", "\\> foo\n------", "Foo\n\nbar\n---\nbaz",
        // Fences
        "```\n<\n >\n```", "~~~\n<\n >\n~~~", "``\nfoo\n``", "```\naaa\n~~~\n```", "~~~\naaa\n```\n~~~", "````\naaa\n```\n``````", "```",
        "`````\n\n```\naaa", "> ```\n> aaa\n\nbbb", "```\n\n  \n```", "```\n```", " ```\n aaa\naaa\n```", "  ```\naaa\n  aaa\naaa\n  ```",
        "   ```\n   aaa\n    aaa\n  aaa\n   ```", "```\naaa\n  ```", "   ```\naaa\n  ```", "```\naaa\n    ```", "``` ```\naaa",
        "~~~~~~\naaa\n~~~ ~~", "foo\n```\nbar\n```\nbaz", "foo\n---\n~~~\nbar\n~~~\n# baz", "```ruby\ndef foo(x)\n  return 3\nend\n```",
        "~~~~    ruby startline=3 $%@#$\ndef\n~~~~~~~", "````;\n````", "``` aa ```\nfoo", "~~~ aa ``` ~~~\nfoo\n~~~", "```\n``` aaa\n```",
        // Html
        "<table><tr><td>\nfoo\n</td></tr></table>", "<div>\n*hello*\n", "<!-- a -->", "<a href=\"x\">b</a>", "foo <b2 data=1 > bar",
        "</a></foo >", "<script>\nalert(1)\n</script>\nok",
        // Definitions
        "[foo]: http://a/url \"title\"\n\n[foo]", "   [foo]: \n      http://a/url  \n           'the title'  \n\n[foo]",
        "[Foo*bar\\]]:my_(url) 't'\n\n[Foo*bar\\]]", "[foo]: http://a/url '\ntitle\nline1\n'\n\n[foo]",
        "[foo]: http://a/url 'title\n\nwith blank'\n\n[foo]", "[foo]:\nhttp://a/url\n\n[foo]", "[foo]:\n\n[foo]", "[foo]: <>\n\n[foo]",
        "[foo]: <bar>(baz)\n\n[foo]", "[foo]\n\n[foo]: http://a/url", "[foo]\n\n[foo]: http://a/first\n[foo]: http://a/second",
        "[FOO]: http://a/url\n\n[Foo]", "[foo]: http://a/url", "[\nfoo\n]: http://a/url\nbar", "[foo]: http://a/url \"title\" ok",
        "[foo]: http://a/url\n\"title\" ok", "```\n[foo]: http://a/url\n```\n\n[foo]", "Foo\n[bar]: http://a/baz\n\n[bar]",
        "# [Foo]\n[foo]: http://a/url\n> bar", "[foo]: http://a/url\nbar\n===\n[foo]", "[foo]: http://a/url\n===\n[foo]",
        "[foo]: http://a/f \"f\"\n[bar]: http://a/b\n  \"bar\"\n[baz]: http://a/z\n\n[foo],\n[bar],\n[baz]",
        "[foo]\n\n> [foo]: http://a/url",
        // Paragraphs
        "aaa\n\nbbb", "aaa\nbbb\n\nccc\nddd", "aaa\n\n\nbbb", "  aaa\n bbb",
        "aaa\n             bbb\n                                       ccc", "   aaa\nbbb", "aaa     \nbbb     ",
        "  \n\naaa\n  \n\n# aaa\n\n  ",
        // Quotes
        "> # Foo\n> bar\n> baz", "># Foo\n>bar\n> baz", "   > # Foo\n   > bar\n > baz", "> bar\nbaz\n> foo", "> foo\n---",
        "> - foo\n- bar", "> ```\nfoo\n```", "> foo\n    - bar", ">", ">\n>  \n> ", ">\n> foo\n>  ", "> foo\n\n> bar", "> foo\n> bar",
        "> foo\n>\n> bar", "foo\n> bar", "> aaa\n***\n> bbb", "> bar\nbaz", "> bar\n\nbaz", "> bar\n>\nbaz", "> > > foo\nbar",
        ">>> foo\n> bar\n>>baz",
        // Items
        "A paragraph\nwith two lines.\n\n> A block quote.", "1.  A paragraph\n    with two lines.\n\n    > A block quote.",
        "- one\n\n two", "- one\n\n  two", " -    one\n\n     two", " -    one\n\n      two", "   > > 1.  one\n>>\n>>     two",
        ">>- one\n>>\n  >  > two", "-one\n\n2.two", "- foo\n\n\n  bar", "1.  foo\n\n    ```\n    bar\n    ```\n\n    baz\n\n    > bam",
        "123456789. ok", "1234567890. not ok", "0. ok", "003. ok", "-1. not ok", "-\n  foo\n-\n  ```\n  bar\n  ```", "-   \n  foo",
        "-\n\n  foo", "- foo\n-\n- bar", "- foo\n-   \n- bar", "1. foo\n2.\n3. bar", "*", "foo\n*\n\nfoo\n1.",
        "  1.  A paragraph\nwith two lines.", "> 1. > Blockquote\ncontinued here.", "> 1. > Blockquote\n> continued here.",
        "- foo\n  - bar\n    - baz\n      - boo", "- foo\n - bar\n  - baz\n   - boo", "10) foo\n    - bar", "10) foo\n   - bar", "- - foo",
        "1. - 2. foo", "- # Foo\n- Bar\n  ---\n  baz",
        // Lists
        "- foo\n- bar\n+ baz", "1. foo\n2. bar\n3) baz", "Foo\n- bar\n- baz", "The number is\n14.  The rain.",
        "The number is\n1.  The rain.", "- foo\n\n- bar\n\n\n- baz", "- foo\n  - bar\n    - baz\n\n\n      bim",
        "- a\n - b\n  - c\n   - d\n  - e\n - f\n- g", "1. a\n\n  2. b\n\n   3. c", "- a\n- b\n\n- c", "* a\n*\n\n* c",
        "- a\n- b\n\n  c\n- d", "- a\n- b\n\n  [ref]: http://a/url\n- d", "- a\n- ```\n  b\n\n\n  ```\n- c", "- a\n  - b\n\n    c\n- d",
        "* a\n  > b\n  >\n* c", "- a\n  > b\n  ```\n  c\n  ```\n- d", "- a", "- a\n  - b", "1. ```\n   foo\n   ```\n\n   bar",
        "* foo\n  * bar\n\n  baz", "- a\n  - b\n  - c\n\n- d\n  - e\n  - f",
        // Code
        "`foo`", "`` foo ` bar ``", "` `` `", "`  ``  `", "` a`", "` `\n`  `", "``\nfoo\nbar  \nbaz\n``", "``\nfoo \n``",
        "`foo   bar \nbaz`", "`foo\\`bar`", "``foo`bar``", "*foo`*`", "[not a `link](/foo`)", "`<a href=\"`\">`", "<a href=\"`\">`",
        "`<https://foo.bar.`baz>`", "```foo``", "`foo", "`foo``bar``",
        // Emphasis
        "*foo bar*", "a * foo bar*", "a*\"foo\"*", "foo*bar*", "5*6*78", "_foo bar_", "_ foo bar_", "a_\"foo\"_", "foo_bar_", "5_6_78",
        "aa_\"bb\"_cc", "foo-_(bar)_", "_foo*", "*foo bar *", "*foo bar\n*", "*(*foo)", "*(*foo*)*", "*foo*bar", "_(_foo)", "_(_foo_)_",
        "_foo_bar", "_foo_bar_baz_", "_(bar)_.", "**foo bar**", "** foo bar**", "a**\"foo\"**", "foo**bar**", "__foo bar__",
        "__ foo bar__", "__\nfoo bar__", "foo__bar__", "__foo, __bar__, baz__", "**foo bar **", "**(**foo)", "*(**foo**)*",
        "**foo \"*bar*\" foo**", "__foo__bar", "*foo [bar](http://u/)*", "*foo\nbar*", "_foo __bar__ baz_", "_foo _bar_ baz_",
        "__foo_ bar_", "*foo **bar** baz*", "*foo**bar**baz*", "*foo**bar*", "***foo** bar*", "*foo **bar***", "foo***bar***baz",
        "foo******bar*********baz", "*foo **bar *baz* bim** bop*", "** is not an empty emphasis", "**** is not", "**foo*bar*baz**",
        "***foo* bar**", "**foo *bar***", "foo ***", "foo *\\**", "foo *_*", "foo *****", "foo **_**", "**foo*", "*foo**", "***foo**",
        "****foo*", "**foo***", "*foo****", "foo __\\___", "foo __*__", "__foo_", "**foo**", "*_foo_*", "__foo__", "****foo****",
        "******foo******", "***foo***", "*foo _bar* baz_", "*foo __bar *baz bim__ bam*", "**foo **bar baz**", "*foo *bar baz*",
        "*[bar*](http://u)", "**<a href=\"**\">", "*a `*`*", "**a<https://foo.bar/?q=**>", "~~gone~~ ~one~ ~~~x~~~",
        // Links
        "[link](http://a/uri \"title\")", "[link](http://a/uri)", "[](http://a)", "[link]()", "[link](<>)", "[link](http://a b)",
        "[link](<http://a/b c>)", "[link](foo\nbar)", "[a](<b)c>)", "[link](<foo\\>)", "[a](<b)c\n[a](<b)c>", "[link](\\(foo\\))",
        "[link](http://a/foo(and(bar)))", "[link](http://a/foo(and(bar)", "[link](http://a/foo\\(and\\(bar\\))",
        "[link](http://a#f)\n\n[l](http://e.com#f?a=3)", "[link](http://a \"t \\\"&quot;\")", "[link](http://a 'title' )",
        "[link]( http://a/uri\n  \"title\"  )", "[link] (http://a)", "[link [foo [bar]]](http://a)", "[link] bar](http://a)",
        "[link [bar](http://a)", "[link \\[bar](http://a)", "[link *foo **bar** `#`*](http://a)",
        "[![moon](http://a/m.jpg)](http://a/uri)", "[foo [bar](http://a)](http://b)", "[foo *[bar [baz](http://a)](http://b)*](http://c)",
        "*[foo*](http://a)", "[foo *bar](http://a*)", "*foo [bar* baz]", "[foo`](http://a)`", "[foo<https://e.com/?s=](u)>",
        "[foo][bar]\n\n[bar]: http://a \"t\"", "[link [foo [bar]]][ref]\n\n[ref]: http://a",
        "[foo *bar [baz][ref]*][ref]\n\n[ref]: http://a", "[foo][BaR]\n\n[bar]: http://a", "[foo] [bar]\n\n[bar]: http://a",
        "[foo][]\n\n[foo]: http://a", "[*foo* bar][]\n\n[*foo* bar]: http://a", "[foo]\n\n[foo]: http://a",
        "[foo][bar][baz]\n\n[baz]: http://a", "[foo][bar][baz]\n\n[baz]: http://a\n[bar]: http://b", "[]\n\n[]: http://a",
        "[[bar [foo]\n\n[foo]: http://a", "\\[foo]\n\n[foo]: http://a", "*[foo*]: http://a\n\n*[foo*]",
        "[foo](not a link)\n\n[foo]: http://a",
        // Images
        "![foo](http://a/url \"title\")", "![foo *bar*]\n\n[foo *bar*]: http://a/t.jpg", "![foo ![bar](http://a)](http://b)",
        "![foo](http://a/t.jpg)", "My ![foo bar](http://a/p.jpg \"t\"   )", "![](http://a)", "![foo][bar]\n\n[bar]: http://a",
        "![foo][]\n\n[foo]: http://a", "!\\[foo]\n\n[foo]: http://a", "\\![foo]\n\n[foo]: http://a", "![[foo]]",
        // Autolinks
        "<http://foo.bar.baz>", "<https://foo.bar.baz/test?q=hello&id=22&boolean>", "<MAILTO:FOO@BAR.BAZ>", "<made-up-scheme://foo,bar>",
        "<https://foo.bar/baz bim>", "<https://e.com/\\[\\>", "<foo@bar.example.com>", "<foo\\+@bar.e.com>", "<>", "< https://foo.bar >",
        "<m:abc>", "<foo.bar.baz>", "https://example.com", "foo@bar.example.com", "www.commonmark.org",
        "Visit www.commonmark.org/help for more.", "www.google.com/search?q=(business))+ok", "(see https://a.bc/d)",
        // Breaks
        "foo  \nbaz", "foo\\\nbaz", "foo       \nbaz", "foo  \n     bar", "*foo  \nbar*", "*foo\\\nbar*", "`code  \nspan`", "foo\\",
        "foo  ", "### foo\\", "### foo  ", "foo\nbaz", "foo \n baz",
        // Math
        "$x$", "a $x^2$ b", "$ x $", "$a", "5$ and 6$", "$$\nx\n$$", "$$x$$",
    ];
}
