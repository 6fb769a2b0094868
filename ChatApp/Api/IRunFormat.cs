using System.Buffers;
using ChatApp.Runs;

namespace ChatApp.Api;

/// <summary>One wire format: turns a run's events into its frames and does nothing else. One instance writes one stream.</summary>
internal interface IRunFormat : IDisposable
{
    /// <summary>The response's media type.</summary>
    string ContentType { get; }

    /// <summary>Whether a reader can come back to the stream: only such a one is asked to, before a proxy would cut it.</summary>
    bool CanComeBack => true;

    /// <summary>
    /// For a format that must see a run from its start though its reader has the first part of it: the last event of that part. No merged
    /// delta spans it, so that what the reader has and what is new come apart.
    /// </summary>
    long ResumesAfter => 0;

    /// <summary>Adds headers of the format's own.</summary>
    void SetHeaders(IHeaderDictionary headers)
    {
    }

    /// <summary>Writes an event's frames; events the format has no words for write nothing.</summary>
    void Write(RunEvent @event, IBufferWriter<byte> output);

    /// <summary>
    /// Whether, by the events it was given, all that goes on waits for a person, and its stream ends there: a client of such a format is busy as long
    /// as its stream lasts, and comes back with the answer in a request of its own.
    /// </summary>
    bool IsPaused => false;

    /// <summary>Ends the stream of a run that waits for a person.</summary>
    void WritePause(IBufferWriter<byte> output)
    {
    }

    /// <summary>Writes something that keeps an idle connection open and that readers ignore; may be nothing.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="isSavingDelayed">Whether nothing comes because the database does not take what the model says.</param>
    void WriteHeartbeat(IBufferWriter<byte> output, bool isSavingDelayed);

    /// <summary>Says that this stream ends here though its run does not, and when to come back.</summary>
    void WriteGoodbye(Goodbye reason, TimeSpan retry, IBufferWriter<byte> output);

    /// <summary>
    /// For a format whose clients retry on the status: the answer to a run that failed before there was anything to read. The headers are held
    /// back until then. Null where the format answers 200 at once and says in the stream what went wrong.
    /// </summary>
    Func<RunProblem, IResult>? Refusal => null;
}

/// <summary>Why a stream ends before its run.</summary>
internal enum Goodbye
{
    /// <summary>The server goes away.</summary>
    Shutdown,

    /// <summary>The stream has lasted as long as one may; the reader comes back with its cursor.</summary>
    Reconnect,
}
