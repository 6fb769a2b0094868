using System.Globalization;
using ChatApp.Runs;

namespace ChatApp.Api;

/// <summary>
/// Where a reader stands, as it says itself: <c>Last-Event-ID: RUN:SEQ</c>, sent by a browser that comes back, or <c>?after=SEQ</c>. The header
/// wins, since only it moves with the reader.
/// </summary>
internal static class EventCursor
{
    public const string Header = "Last-Event-ID";

    /// <summary>Splits an event's id into its run and number; false for anything else.</summary>
    public static bool TryParseId(string id, out string runId, out long seq)
    {
        var colon = id.LastIndexOf(':');
        (runId, seq) = (colon < 0 ? "" : id[..colon], -1);
        return colon > 0 && TryParseSeq(id[(colon + 1)..], out seq);
    }

    /// <summary>Reads the cursor of a request for a run's events: 0 for none, or the problem with it.</summary>
    public static (long After, Problem? Problem) Read(HttpRequest request, Run run)
    {
        string? seq;
        if (request.Headers.TryGetValue(Header, out var header))
        {
            if (header.Count != 1 || !TryParseId(header.ToString(), out var runId, out _))
            {
                return (0, Problem.InvalidCursor);
            }

            if (runId != run.Id)
            {
                return (0, new Problem("cursor-mismatch", "The cursor is another run's", StatusCodes.Status400BadRequest, "Last-Event-ID names an event of another run."));
            }

            seq = header.ToString()[(runId.Length + 1)..];
        }
        else if (request.Query.TryGetValue("after", out var after))
        {
            seq = after.Count == 1 ? after.ToString() : null;
        }
        else
        {
            return (0, Check(0, run));
        }

        if (!TryParseSeq(seq, out var number))
        {
            return (0, Problem.InvalidCursor);
        }

        return Check(number, run) is { } wrong ? (0, wrong) : (number, null);
    }

    /// <summary>The problem with a cursor past the run's last event, or before the first that is still kept.</summary>
    public static Problem? Check(long after, Run run)
    {
        var latest = run.Seq;
        return after < run.FirstSeq - 1
            ? new Problem("cursor-expired", "The cursor is too old", StatusCodes.Status410Gone, "The events after it are not kept any more. The run's address has its text.")
            {
                Extensions = new Dictionary<string, object> { ["snapshot"] = $"/api/runs/{run.Id}" },
            }
            : after <= latest ? null : new Problem("cursor-ahead", "The cursor is ahead of the run", StatusCodes.Status409Conflict, $"The run's last event is {latest}.")
            {
                Extensions = new Dictionary<string, object> { ["latest"] = latest },
            };
    }

    // Plain ASCII digits only: no sign, no space, no other script's digits.
    private static bool TryParseSeq(string? text, out long seq)
    {
        seq = -1;
        return text is { Length: > 0 and < 19 } && text.All(char.IsAsciiDigit) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seq);
    }
}
