using ChatApp.Components.Chat.Answer;
using ChatApp.Rendering;
using ChatApp.Runs;

namespace ChatApp.Components.Chat;

/// <summary>
/// What one agent adds to an answer, or, without agents, the whole of it, as it is shown: text, tool calls, text… It reads its run by a cursor. On the
/// renderer's dispatcher only.
/// </summary>
public sealed class AnswerLane
{
    private const int LongestWord = 24;

    private readonly Run _run;
    private readonly string _idPrefix;
    private readonly List<AnswerPart> _parts = [];
    private IReadOnlyList<RunCall>? _calls;
    private List<RunCall> _own = [];
    private int _placed;
    private int _read;
    private int _held;

    /// <param name="run">The run.</param>
    /// <param name="lane">The lane as it begins.</param>
    /// <param name="idPrefix">Keeps the anchors of its texts apart from others on the page.</param>
    /// <param name="first">Where its first text goes; null for one of its own, once there is any.</param>
    public AnswerLane(Run run, RunLane lane, string idPrefix, AnswerText? first = null)
    {
        (_run, Now, _idPrefix) = (run, lane, idPrefix);
        if (first is not null)
        {
            _parts.Add(first);
        }
    }

    /// <summary>The lane as of the last <see cref="Advance"/>.</summary>
    public RunLane Now { get; private set; }

    /// <summary>What it has said and called so far, in order.</summary>
    public IReadOnlyList<AnswerPart> Parts => _parts;

    /// <summary>What it does now, in words.</summary>
    public LaneDoing Doing { get; private set; } = LaneDoing.Waiting;

    /// <summary>Which model answers in the place of which.</summary>
    public FailOverEvent? FailOver { get; private set; }

    /// <summary>Whether there is text that waits to become whole words.</summary>
    public bool IsHolding => _held > 0;

    /// <summary>Whether there is more to show of it than text.</summary>
    public bool IsRich => Now.Agent is not null || _parts.Count > 1 || Now.SilentSince is not null || FailOver is not null;

    /// <summary>What shows it, where something does.</summary>
    public LaneView? View { get; set; }

    /// <summary>Takes what is new.</summary>
    /// <param name="now">The lane, read before <paramref name="calls"/>: then a call that came within the text is among them.</param>
    /// <param name="calls">The run's calls.</param>
    /// <param name="ended">Whether nothing more comes.</param>
    /// <returns>What has to be drawn.</returns>
    public LaneChange Advance(RunLane now, IReadOnlyList<RunCall> calls, bool ended)
    {
        var failOver = _run.FailOver is { } found && found.Agent == now.Agent ? found : null;
        var isOther = failOver != FailOver;
        (Now, FailOver) = (now, failOver);
        var (parts, last, version) = (_parts.Count, LastText, LastText?.Markdown.Version);
        isOther |= Place(calls);
        Read(now.TextLength, isWhole: ended);
        if (ended)
        {
            LastText?.Markdown.Complete();
        }

        var doing = LaneDoing.Of(_run, now, _own, _parts is [.., AnswerCalls]);
        // Of what it does, an answer that is nothing but text says nothing here.
        isOther |= parts != _parts.Count || (!doing.IsSameAs(Doing) && (IsRich || View is not null));
        Doing = doing.IsSameAs(Doing) ? Doing : doing;
        return isOther ? LaneChange.Parts
            : last is not null && last.Markdown.Version != version ? LaneChange.Text
            : LaneChange.None;
    }

    /// <summary>Draws what has changed.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool Draw(LaneChange change)
    {
        if (change == LaneChange.None)
        {
            return View?.AdvanceReasoning() is true;
        }

        if (change == LaneChange.Text)
        {
            LastText!.View?.Refresh();
            return true;
        }

        // The first text of an answer without agents stands outside of its view, and may have grown up to the call.
        (_parts.FirstOrDefault() as AnswerText)?.View?.Refresh();
        View?.Refresh();
        return true;
    }

    /// <summary>Leaves some of what has been drawn to the browser alone.</summary>
    /// <returns>What has to draw that; null if there was nothing.</returns>
    public MarkdownView? LetGo()
    {
        foreach (var part in _parts)
        {
            if (part is AnswerText { View: { } view } && view.LetGo())
            {
                return view;
            }
        }

        return null;
    }

    private AnswerText? LastText => _parts is [.., AnswerText text] ? text : null;

    private bool Place(IReadOnlyList<RunCall> calls)
    {
        if (ReferenceEquals(calls, _calls))
        {
            return false;
        }

        _calls = calls;
        var own = calls.Where(call => call.Agent == Now.Agent).ToList();
        var isOther = !own.SequenceEqual(_own, ReferenceEqualityComparer.Instance);
        _own = own;
        for (; _placed < own.Count; _placed++)
        {
            Read(own[_placed].TextAt, isWhole: true);
            LastText?.Markdown.Complete();
            if (_parts is not [.., AnswerCalls])
            {
                _parts.Add(new AnswerCalls(_placed));
            }
        }

        var end = own.Count;
        foreach (var part in _parts.OfType<AnswerCalls>().Reverse())
        {
            part.Take(own, end);
            end = part.From;
        }

        return isOther;
    }

    private void Read(int to, bool isWhole)
    {
        var text = to > _read ? _run.ReadLane(Now.Index, _read, to) : "";
        var whole = isWhole ? text.Length : WholeWords(text);
        _held = text.Length - whole;
        if (LastText is null && text.AsSpan(0, whole).IsWhiteSpace())
        {
            // Nothing to see between two calls, or not yet.
            _held = 0;
            _read += isWhole ? whole : 0;
            return;
        }

        if (LastText is null)
        {
            _parts.Add(new AnswerText(new StreamingMarkdown(idPrefix: $"{_idPrefix}-{Now.Index}-{_parts.Count}")));
        }

        _read += whole;
        LastText!.Markdown.Append(text.AsSpan(0, whole));
    }

    // A word that is not whole yet waits for the next time, with the space before it: half a word costs the circuit a piece of text more, half a
    // "**word**" two. One that has not grown since is shown, so that a model which pauses within a word hides nothing.
    private int WholeWords(string text)
    {
        var space = text.AsSpan().LastIndexOfAny(' ', '\n');
        var whole = space >= 0 && text[space] == '\n' ? space + 1 : Math.Max(space, 0);
        return text.Length > _held && text.Length - whole <= LongestWord ? whole : text.Length;
    }
}

/// <summary>What has to be drawn of a lane.</summary>
public enum LaneChange
{
    None,

    /// <summary>Its last text has grown.</summary>
    Text,

    /// <summary>Anything else.</summary>
    Parts,
}

/// <summary>A part of what is shown of a lane.</summary>
public abstract class AnswerPart;

/// <summary>Text up to the next call.</summary>
/// <param name="markdown">The text.</param>
public sealed class AnswerText(StreamingMarkdown markdown) : AnswerPart
{
    public StreamingMarkdown Markdown => markdown;

    /// <summary>What shows it.</summary>
    public MarkdownView? View { get; set; }
}

/// <summary>Calls with no text in between.</summary>
/// <param name="from">The place of the first one among the lane's calls.</param>
public sealed class AnswerCalls(int from) : AnswerPart
{
    public int From => from;

    /// <summary>The calls; the very same list while none of them changes.</summary>
    public IReadOnlyList<RunCall> Calls { get; private set; } = [];

    internal void Take(List<RunCall> all, int end)
    {
        if (Calls.Count != end - from || !Calls.SequenceEqual(all.Skip(from).Take(end - from), ReferenceEqualityComparer.Instance))
        {
            Calls = all.GetRange(from, end - from);
        }
    }
}
