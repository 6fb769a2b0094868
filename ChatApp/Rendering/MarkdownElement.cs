namespace ChatApp.Rendering;

/// <summary>Everything an answer can be made of. What is not in this list cannot reach the page.</summary>
public enum MarkdownElement
{
    Document,
    Body,
    Text,
    Paragraph,
    Heading1,
    Heading2,
    Heading3,
    Heading4,
    Heading5,
    Heading6,
    UnorderedList,
    OrderedList,
    ListItem,
    Quote,
    Alert,
    ThematicBreak,
    CodeBlock,
    MathBlock,
    Table,
    TableHead,
    TableBody,
    TableRow,
    TableHeaderCell,
    TableCell,
    LineBreak,
    Emphasis,
    Strong,
    Strikethrough,
    Code,
    Math,
    Link,
    ImageLink,
    FootnoteReference,
    Footnotes,
    Footnote,
}

/// <summary>How a table's column is set.</summary>
public enum MarkdownAlignment
{
    None,
    Left,
    Center,
    Right,
}
