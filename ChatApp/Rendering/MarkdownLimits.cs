namespace ChatApp.Rendering;

/// <summary>
/// What bounds the work of rendering one answer. Beyond a limit the text is shown plainly; it is never cut off. The limits are part of
/// the rendering: a text gives the same nodes however it arrives, because they depend on the text alone.
/// </summary>
public sealed record MarkdownLimits
{
    /// <summary>From how many characters on a line that has not ended is taken for what it began as: what a line becomes is decided by its beginning.</summary>
    public int LongLine { get; init; } = 512;

    /// <summary>The limits used in production.</summary>
    public static MarkdownLimits Default { get; } = new();

    /// <summary>Lists and quotes nest this deep (a list and its item count as two); markers beyond it are text.</summary>
    public int ContainerDepth { get; init; } = 48;

    /// <summary>Emphasis and links nest this deep; what is deeper is shown as text.</summary>
    public int InlineDepth { get; init; } = 16;

    /// <summary>A paragraph longer than this settles inside, at the next place where nothing is open.</summary>
    public int Window { get; init; } = 512;

    /// <summary>An opener that finds no partner within this many characters is text. Markdig is never given much more than this at once.</summary>
    public int LongestWindow { get; init; } = 2048;

    /// <summary>A window with more emphasis markers and brackets is shown as it was written.</summary>
    public int Markers { get; init; } = 160;

    /// <summary>A paragraph with more lines does not become a heading by an underline.</summary>
    public int HeadingLines { get; init; } = 200;

    /// <summary>A header row with more columns is no table.</summary>
    public int TableColumns { get; init; } = 64;

    /// <summary>A table ends after this many cells; the rows after it are text.</summary>
    public int TableCells { get; init; } = 5_000;

    /// <summary>A longer address is no link.</summary>
    public int UrlLength { get; init; } = 2_048;

}
