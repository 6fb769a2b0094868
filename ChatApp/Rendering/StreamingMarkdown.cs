using Markdig.Helpers;

namespace ChatApp.Rendering;

/// <summary>
/// Renders Markdown while it arrives. Blocks that have ended are parsed once and never touched again; only the open end is. Reading an
/// answer piece by piece gives, once complete, the same nodes as reading it at once. Not thread-safe: one owner.
/// </summary>
public sealed class StreamingMarkdown
{
    private readonly AnswerState _state;
    private readonly ContainerView _document;
    private readonly MarkdownNode _body;
    private readonly Func<StringLineSource, long> _sourceOf;
    private readonly LineBuffer _partial = new();
    private readonly PartialLine _partialLine;
    private long _lineStart;
    private MarkdownNode? _plain;
    private bool _afterBlank;
    private bool _isComplete;
    private char _half;
    private int _looked;

    /// <param name="limits">What bounds the work; the default is meant for production.</param>
    /// <param name="idPrefix">Keeps the anchors of this answer apart from those of others on the page. Letters, digits and hyphens.</param>
    public StreamingMarkdown(MarkdownLimits? limits = null, string idPrefix = "")
    {
        Root = new MarkdownNode(MarkdownElement.Document);
        _body = Root.Add(new MarkdownNode(MarkdownElement.Body));
        _state = new AnswerState(limits ?? MarkdownLimits.Default, Root, idPrefix);
        _document = new ContainerView(_state, _state.Document, _body);
        _partialLine = new PartialLine(_state, _document);
        _sourceOf = _state.SourceOf;
    }

    /// <summary>The document: its first child holds the blocks, a second one the footnotes if there are any.</summary>
    public MarkdownNode Root { get; }

    /// <summary>Grows with every visible change.</summary>
    public long Version => Root.Version;

    /// <summary>What went wrong with this text, if anything did: from there on it is shown as it was written. The owner logs it.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Reads a whole text.</summary>
    public static MarkdownNode Parse(string text, MarkdownLimits? limits = null, string idPrefix = "")
    {
        var markdown = new StreamingMarkdown(limits, idPrefix);
        markdown.Complete(text);
        return markdown.Root;
    }

    /// <summary>Takes more text and brings the nodes up to date.</summary>
    public void Append(ReadOnlySpan<char> text)
    {
        if (_half != 0)
        {
            text = string.Concat([_half], text);
            _half = '\0';
        }

        // Half a character is not shown: the other half comes with the next text.
        if (!text.IsEmpty && char.IsHighSurrogate(text[^1]))
        {
            _half = text[^1];
            text = text[..^1];
        }

        if (text.IsEmpty)
        {
            return;
        }

        if (_isComplete)
        {
            throw new InvalidOperationException("The answer is complete: no text can follow.");
        }

        Guard(text.ToString(), AppendLines);
    }

    private void AppendLines(string text)
    {
        if (_partial.Append(text) is { } lines)
        {
            ReadLines(lines);
            Update(isClosed: false);
        }

        var partial = _partial.Text;
        _state.Marks.Add(_lineStart + partial.TrimEnd(" \t").Length);
        _partialLine.Show(partial, _lineStart, _afterBlank);
    }

    /// <summary>No more text will come: what is still open is read as it stands.</summary>
    public void Complete()
    {
        if (!_isComplete)
        {
            Complete(_half == 0 ? _partial.TakeAll() : _partial.TakeAll() + _half);
        }
    }

    /// <summary>
    /// Lets chunks of blocks go that will never change: they lose their nodes, and only a browser that has drawn them has their text. The last chunk stays. What
    /// something may still reach back to, a label without a definition or a footnote's number, stays until the answer is complete.
    /// </summary>
    /// <param name="most">So many chunks at most.</param>
    /// <returns>Whether there were any.</returns>
    public bool LetGo(int most)
    {
        var found = 0;
        var settled = Math.Min(_document.Settled, _body.Children.Count - 1);
        for (; found < most && _looked + MarkdownLayout.ChunkSize <= settled; _looked += MarkdownLayout.ChunkSize)
        {
            if (!_body.HasLetGo(_looked) && (_isComplete || !MayChange(_looked)))
            {
                _body.LetGo(_looked, MarkdownLayout.ChunkSize);
                found++;
            }
        }

        return found > 0;
    }

    private bool MayChange(int start)
    {
        for (var i = start; i < start + MarkdownLayout.ChunkSize; i++)
        {
            if (_body.Children[i].MayChange())
            {
                return true;
            }
        }

        return false;
    }

    private void Complete(string rest)
    {
        _isComplete = true;
        _looked = 0;
        Guard(rest, text =>
        {
            ReadLines(text);
            _state.Blocks.Close(_state.Document);
            Update(isClosed: true);
            _state.Footnotes.Complete(_body);
        });
    }

    // No text may break the page it is shown on. Everything known to throw has a limit in front of it; this is for the rest.
    private void Guard(string text, Action<string> read)
    {
        if (Failure is null)
        {
            try
            {
                read(text);
            }
            catch (Exception exception)
            {
                Failure = exception;
                text = _partial.TakeAll() is { Length: > 0 } partial ? partial : text;
                _plain = _body.Add(new MarkdownNode(MarkdownElement.Paragraph));
            }
        }

        _plain?.AddText(InvisibleText.Clean(text));
        Root.Commit();
    }

    private void Update(bool isClosed)
    {
        _document.Update(isClosed, _sourceOf);
        _state.LongLine = null;
        foreach (var content in _state.Definitions.TakeTouched(isClosed))
        {
            content.Reread();
        }
    }

    private void ReadLines(string text)
    {
        var reader = new LineReader(text.Replace('\0', '\uFFFD'));
        for (var line = reader.ReadLine(); line.Text is not null; line = reader.ReadLine())
        {
            _state.LineBases.Add(_lineStart);
            _afterBlank = line.AsSpan().Trim(" \t>").IsEmpty;
            _state.Blocks.ProcessLine(line);
        }

        _lineStart += text.Length;
    }
}
