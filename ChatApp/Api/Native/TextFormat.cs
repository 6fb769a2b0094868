using System.Buffers;
using System.Globalization;
using System.Text;
using ChatApp.Runs;

namespace ChatApp.Api.Native;

/// <summary>The answer's text as it comes, for a terminal, with one line at the end that says how it went.</summary>
/// <param name="run">The run to write.</param>
/// <param name="footer">Whether that line is written.</param>
internal sealed class TextFormat(Run run, bool footer) : IRunFormat
{
    private const string MediaType = "text/plain; charset=utf-8";

    private readonly List<Part> _waiting = [];
    private string? _problem;
    private RunState? _state;
    private bool _hasText;

    public string ContentType => MediaType;

    public void Write(RunEvent @event, IBufferWriter<byte> output)
    {
        switch (@event)
        {
            case TokenEvent { Agent: null } token:
                Encoding.UTF8.GetBytes(token.Content, output);
                break;
            case AgentStartEvent { Agent: { } agent }:
                _waiting.Add(new Part(agent));
                WriteWaiting(output);
                break;
            case TokenEvent { Agent: { } agent } token:
                PartOf(agent).Text.Append(token.Content);
                WriteWaiting(output);
                break;
            case AgentEndEvent { Agent: { } agent }:
                _waiting.Find(part => part.Agent == agent)?.End();
                WriteWaiting(output);
                break;
            case ErrorEvent error:
                _problem = error.Problem.Detail;
                break;
            case DoneEvent done:
                _waiting.ForEach(part => part.End());
                WriteWaiting(output);
                _state = done.Reason;
                break;
            case CompleteEvent complete when footer:
                Encoding.UTF8.GetBytes(Footer(complete), output);
                break;
        }
    }

    // Text has no comments, and anything else would be part of the answer.
    public void WriteHeartbeat(IBufferWriter<byte> output, bool isSavingDelayed)
    {
    }

    // Text carries no cursor, so a cut-off reader could only begin again.
    public bool CanComeBack => false;

    public void WriteGoodbye(Goodbye reason, TimeSpan retry, IBufferWriter<byte> output)
    {
        if (footer)
        {
            output.Write("\n\n---\n⚠️ The server is shutting down; the answer was cut here.\n"u8);
        }
    }

    public void Dispose()
    {
    }

    private Part PartOf(string agent)
    {
        if (_waiting.Find(part => part.Agent == agent) is { } known)
        {
            return known;
        }

        // Read from a cursor on: its start came before that. The first such part goes on where the reader is; others, answering at once, get their heading.
        var part = new Part(agent) { IsShown = !_hasText };
        _hasText = true;
        _waiting.Add(part);
        return part;
    }

    // Agents that answer at once are read one after the other: the first that has not ended as it comes, the others when it is their turn.
    private void WriteWaiting(IBufferWriter<byte> output)
    {
        while (_waiting is [var part, ..])
        {
            if (!part.IsShown)
            {
                Encoding.UTF8.GetBytes($"{(_hasText ? "\n\n" : "")}[{part.Agent}]\n", output);
                (part.IsShown, _hasText) = (true, true);
            }

            foreach (var piece in part.Text.GetChunks())
            {
                Encoding.UTF8.GetBytes(piece.Span, output);
            }

            part.Text.Clear();
            if (!part.IsEnded)
            {
                return;
            }

            _waiting.RemoveAt(0);
        }
    }

    private string Footer(CompleteEvent complete)
    {
        // Of a reader that came after the end's first events, the run knows.
        var head = (_state ?? run.State) switch
        {
            RunState.Completed => "✅ Complete",
            RunState.Cancelled => "⏹️ Cancelled",
            RunState.Failed => "❌ Failed",
            RunState.Interrupted => "⚠️ Interrupted",
            _ => "✂️ Incomplete",
        };
        var figures = string.Create(CultureInfo.InvariantCulture, $"{complete.Tokens} tokens in {complete.DurationMs / 1000:0.00}s");
        return $"\n\n---\n{head}: {figures}{((_problem ?? run.Problem?.Detail) is { } problem ? $". {problem}" : "")}\n";
    }

    private sealed class Part(string agent)
    {
        public string Agent => agent;

        public StringBuilder Text { get; } = new();

        public bool IsShown { get; set; }

        public bool IsEnded { get; private set; }

        public void End() => IsEnded = true;
    }

    /// <summary>The format by its name, <c>text</c>; <c>footer=false</c> leaves out the last line.</summary>
    public sealed class Kind : IRunFormatKind
    {
        public string Name => "text";

        public bool StartsAnywhere => true;

        public string ContentType => MediaType;

        public IRunFormat Create(Run run, IQueryCollection query) => new TextFormat(run, footer: query["footer"] != "false");
    }
}
