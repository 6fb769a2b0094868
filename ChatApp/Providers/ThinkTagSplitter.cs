using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>
/// Splits <c>&lt;think&gt;Hm&lt;/think&gt;\n\nHi</c>, cut into pieces anywhere, into reasoning and text. Only at the very start of an answer: further down it is
/// an answer that talks about such tags. A closing tag whose opening tag the server has swallowed can't be told while streaming, as the
/// text before it has long been shown; it stays text.
/// </summary>
internal sealed class ThinkTagSplitter
{
    private static readonly (string Open, string Close)[] Tags = [("<think>", "</think>"), ("<thinking>", "</thinking>")];

    private const int MaxLead = 64;

    private string _held = "";
    private string? _close;
    private bool _trim;
    private bool _closed;

    /// <summary>Whether all that follows is text.</summary>
    internal bool Done { get; private set; }

    internal void Append(string text, List<AIContent> output)
    {
        _held += text;
        if (_close is null && !Done)
        {
            Open();
        }

        Trim();
        if (_close is not null)
        {
            Reason(output);
            Trim();
        }

        Done |= _closed && !_trim;
        if (Done)
        {
            Flush(output);
        }
    }

    /// <summary>Gives out what was held back because it might have been part of a tag.</summary>
    internal void Flush(List<AIContent> output)
    {
        if (_held.Length > 0)
        {
            output.Add(_close is null ? new TextContent(_held) : new TextReasoningContent(_held));
            _held = "";
        }
    }

    private void Open()
    {
        var start = _held.AsSpan().TrimStart();
        if (_held.Length - start.Length > MaxLead)
        {
            Done = true;
            return;
        }

        foreach (var (open, close) in Tags)
        {
            if (start.StartsWith(open, StringComparison.Ordinal))
            {
                _held = start[open.Length..].ToString();
                _close = close;
                _trim = true;
                return;
            }
        }

        // "", "<", "<thi": can still become a tag.
        foreach (var (open, _) in Tags)
        {
            if (open.AsSpan().StartsWith(start, StringComparison.Ordinal))
            {
                return;
            }
        }

        Done = true;
    }

    private void Reason(List<AIContent> output)
    {
        var end = _held.IndexOf(_close!, StringComparison.Ordinal);
        var reasoning = end >= 0 ? end : _held.Length - Overlap(_held, _close!);
        if (reasoning > 0)
        {
            output.Add(new TextReasoningContent(_held[..reasoning]));
        }

        _held = end >= 0 ? _held[(end + _close!.Length)..] : _held[reasoning..];
        if (end >= 0)
        {
            _close = null;
            _closed = true;
            _trim = true;
        }
    }

    // The line ends after a tag belong to neither thought nor answer.
    private void Trim()
    {
        if (_trim)
        {
            _held = _held.TrimStart('\r', '\n');
            _trim = _held.Length == 0;
        }
    }

    // How much of the end of text could be the beginning of tag: "Hm</th" and "</think>" share 4.
    private static int Overlap(string text, string tag)
    {
        for (var length = Math.Min(tag.Length - 1, text.Length); length > 0; length--)
        {
            if (text.AsSpan().EndsWith(tag.AsSpan(0, length), StringComparison.Ordinal))
            {
                return length;
            }
        }

        return 0;
    }
}
