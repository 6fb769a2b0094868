using ChatApp.Runs;
using ChatApp.Security;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace ChatApp.Api;

/// <summary>
/// Writes a run to one HTTP response, whatever the format: catches up from the cursor, follows to the end, keeps an idle connection open,
/// gives up on a reader that does not read, and says goodbye when the server ends or the stream has
/// lasted long enough.
/// </summary>
internal sealed partial class RunStream(RunHost host, RunJournal journal, IOptions<ApiOptions> options, TimeProvider time, ILogger<RunStream> logger)
{
    /// <summary>After so much silence something is written, since proxies close idle connections, commonly after 60 s.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>A reader that takes nothing for so long is cut; it can come back with its cursor.</summary>
    public static readonly TimeSpan WriteDeadline = TimeSpan.FromSeconds(10);

    /// <summary>When to come back after a shutdown.</summary>
    public static readonly TimeSpan ComeBackAfter = TimeSpan.FromSeconds(2);

    // Not at once: an EventSource keeps the value, also for a connection that breaks later.
    private static readonly TimeSpan ReconnectAfter = TimeSpan.FromMilliseconds(500);

    public async Task WriteAsync(HttpContext context, Run run, long after, IRunFormat format)
    {
        RunHeaders.Set(context.Response, run);
        using var attached = await OpenAsync(context, run, format);
        if (attached is null)
        {
            return;
        }

        using var reader = new RunReader(run, after);
        // The stop token of the request and of the server only wake the reader: a wait that throws for every reader that leaves costs more.
        await using var gone = context.RequestAborted.UnsafeRegister(Wake, reader);
        await using var closing = host.Closing.UnsafeRegister(Wake, reader);
        var revoked = context.GetCaller().Revoked;
        await using var revoking = revoked.UnsafeRegister(Wake, reader);
        var longest = format.CanComeBack && options.Value.MaxStreamDuration > TimeSpan.Zero ? options.Value.MaxStreamDuration : Timeout.InfiniteTimeSpan;
        var begun = time.GetTimestamp();
        await using var lasting = longest == Timeout.InfiniteTimeSpan ? null : time.CreateTimer(Wake, reader, longest, Timeout.InfiniteTimeSpan);
        using var delaying = run.IsStored ? new Delay(journal, reader) : null;
        var silence = new Silence(reader, time);
        await using var heartbeat = silence.Timer;
        try
        {
            if (format.Refusal is { } refuse && await WaitForContentAsync(context, run) is { } problem)
            {
                await refuse(problem).ExecuteAsync(context);
                return;
            }

            Begin(context, run, format);
            // The headers at once: there may be nothing to write for long.
            await FlushAsync(context);
            var events = new List<RunEvent>();
            var output = context.Response.BodyWriter;
            // What two reads give is not merged.
            reader.Read(events, upTo: format.ResumesAfter);
            while (!context.RequestAborted.IsCancellationRequested && !revoked.IsCancellationRequested)
            {
                reader.Read(events);
                if (host.Closing.IsCancellationRequested && (!run.IsEnded || run.State == RunState.Interrupted))
                {
                    format.WriteGoodbye(Goodbye.Shutdown, ComeBackAfter, output);
                    await FlushAsync(context);
                    return;
                }

                foreach (var @event in events)
                {
                    format.Write(@event, output);
                }

                // At once, since a reader waits for what is there already and must not be shown yet.
                if (delaying?.HasBegun() == true || (output.UnflushedBytes == 0 && silence.IsDue))
                {
                    format.WriteHeartbeat(output, delaying?.IsDelayed == true);
                }

                events.Clear();
                // Not in the middle of what is there: it may have been answered long ago.
                if (format.IsPaused && reader.Cursor >= run.Seq)
                {
                    format.WritePause(output);
                    await FlushAsync(context);
                    return;
                }

                var isLastRound = !reader.IsAtEnd && lasting is not null && time.GetElapsedTime(begun) >= longest;
                if (isLastRound)
                {
                    format.WriteGoodbye(Goodbye.Reconnect, ReconnectAfter, output);
                }

                if (output.UnflushedBytes > 0)
                {
                    silence.Restart();
                    await FlushAsync(context);
                }

                if (reader.IsAtEnd || isLastRound)
                {
                    return;
                }

                await reader.WaitAsync();
            }
        }
        catch (Exception exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The reader left, or was cut; the run goes on or ends as its request asked.
            Log.Left(logger, run.Id, exception);
        }
    }

    /// <summary>Waits, as a reader of the run, until it has ended or, for <paramref name="pause"/>, waits for a person: for an answer that is sent whole.</summary>
    /// <returns>Why there is nothing to send: the caller's key was taken out, or the server ends. Null once the run has ended, or the caller has left.</returns>
    /// <exception cref="OverLimitException">The caller reads as much as they may.</exception>
    public async Task<Problem?> WaitForEndAsync(HttpContext context, Run run, RunPause? pause = null)
    {
        var events = new List<RunEvent>();
        var caller = context.GetCaller();
        using var attached = host.OpenStream(run, caller);
        using var reader = new RunReader(run, 0);
        await using var gone = context.RequestAborted.UnsafeRegister(Wake, reader);
        await using var closing = host.Closing.UnsafeRegister(Wake, reader);
        await using var revoking = caller.Revoked.UnsafeRegister(Wake, reader);
        while (!run.IsEnded && !context.RequestAborted.IsCancellationRequested)
        {
            if (pause is not null)
            {
                reader.Read(events);
                if (pause.Take(events))
                {
                    return null;
                }

                events.Clear();
            }

            if (Hindrance(caller, run) is { } problem)
            {
                return Problem.From(problem);
            }

            await reader.WaitAsync();
        }

        return Hindrance(caller, run) is { } late ? Problem.From(late) : null;
    }

    // Null where the caller may have no further stream; they were told so.
    private async Task<IDisposable?> OpenAsync(HttpContext context, Run run, IRunFormat format)
    {
        try
        {
            return host.OpenStream(run, context.GetCaller());
        }
        catch (Exception exception) when (Problem.From(exception) is { } problem)
        {
            await (exception is OverLimitException over && format.Refusal is { } refuse ? refuse(RunProblem.From(over)) : problem).ExecuteAsync(context);
            return null;
        }
    }

    // Until there is something of the answer to read; the problem of a run that has none.
    private async Task<RunProblem?> WaitForContentAsync(HttpContext context, Run run)
    {
        using var reader = new RunReader(run, 0);
        await using var gone = context.RequestAborted.UnsafeRegister(Wake, reader);
        await using var closing = host.Closing.UnsafeRegister(Wake, reader);
        var caller = context.GetCaller();
        await using var revoking = caller.Revoked.UnsafeRegister(Wake, reader);
        var events = new List<RunEvent>();
        while (!context.RequestAborted.IsCancellationRequested)
        {
            reader.Read(events);
            if (events.Exists(@event => @event.IsContent))
            {
                return null;
            }

            if (Hindrance(caller, run) is { } problem)
            {
                return problem;
            }

            if (run.IsEnded)
            {
                return run.Problem;
            }

            events.Clear();
            await reader.WaitAsync();
        }

        return null;
    }

    // Why a caller who waits for a run gets nothing of it, though nothing is wrong with it.
    private RunProblem? Hindrance(Caller caller, Run run) =>
        caller.Revoked.IsCancellationRequested ? new RunProblem("unauthenticated", "An API key is needed", StatusCodes.Status401Unauthorized, "Your key was taken out. Ask with another one.")
        : run.State == RunState.Interrupted || (!run.IsEnded && host.Closing.IsCancellationRequested) ? new RunProblem(
            "shutting-down", "The server is shutting down", StatusCodes.Status503ServiceUnavailable, "The server is shutting down. Try again in a moment.")
        { RetryAfter = ComeBackAfter.TotalSeconds }
        : null;

    private static void Wake(object? reader) => ((RunReader)reader!).Wake();

    private static void Begin(HttpContext context, Run run, IRunFormat format)
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var response = context.Response;
        response.ContentType = format.ContentType;
        response.Headers.CacheControl = "no-cache, no-transform";
        response.Headers["X-Accel-Buffering"] = "no";
        format.SetHeaders(response.Headers);
    }

    private async ValueTask FlushAsync(HttpContext context)
    {
        var flush = context.Response.BodyWriter.FlushAsync();
        if (flush.IsCompletedSuccessfully)
        {
            return;
        }

        try
        {
            await flush.AsTask().WaitAsync(WriteDeadline, time);
        }
        catch (TimeoutException)
        {
            Log.Cut(logger, WriteDeadline);
            context.Abort();
        }
    }

    /// <summary>Whether the reader waits for the database, and wakes them when that changes.</summary>
    private sealed class Delay : IDisposable
    {
        private readonly RunJournal _journal;
        private readonly RunReader _reader;
        private bool _said;

        public Delay(RunJournal journal, RunReader reader)
        {
            (_journal, _reader) = (journal, reader);
            _journal.DelayChanged += reader.Wake;
        }

        public bool IsDelayed => _journal.IsDelayed && !_reader.IsAtEnd;

        /// <summary>True once for each time that saving gets delayed.</summary>
        public bool HasBegun()
        {
            var before = _said;
            _said = IsDelayed;
            return _said && !before;
        }

        public void Dispose() => _journal.DelayChanged -= _reader.Wake;
    }

    /// <summary>Notices that nothing was written for a heartbeat's length, and wakes the reader for it.</summary>
    private sealed class Silence
    {
        private readonly RunReader _reader;
        private readonly TimeProvider _time;
        private long _since;

        public Silence(RunReader reader, TimeProvider time)
        {
            (_reader, _time) = (reader, time);
            _since = time.GetTimestamp();
            Timer = time.CreateTimer(static silence => ((Silence)silence!).OnTimer(), this, Heartbeat, Timeout.InfiniteTimeSpan);
        }

        public ITimer Timer { get; }

        public bool IsDue => Left <= TimeSpan.Zero;

        private TimeSpan Left => Heartbeat - _time.GetElapsedTime(Volatile.Read(ref _since));

        // A restart is a note of the time, not a change of the timer: that goes off once in a heartbeat's length and sets itself to what is left.
        public void Restart() => Volatile.Write(ref _since, _time.GetTimestamp());

        private void OnTimer()
        {
            var left = Left;
            if (left <= TimeSpan.Zero)
            {
                _reader.Wake();
            }

            Timer.Change(left <= TimeSpan.Zero ? Heartbeat : left, Timeout.InfiniteTimeSpan);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "A reader of run {RunId} left")]
        public static partial void Left(ILogger logger, string runId, Exception exception);

        [LoggerMessage(Level = LogLevel.Information, Message = "A reader took nothing for {Deadline} and was cut")]
        public static partial void Cut(ILogger logger, TimeSpan deadline);
    }
}
