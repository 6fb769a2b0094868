using System.Globalization;
using ChatApp.Runs;

namespace ChatApp.Api.Responses;

/// <summary>
/// A response's id: <c>resp_</c> and the run's. A run that waited for a person is several responses: those behind the first have the number of the
/// event they begin after, as in <c>resp_0197…_42</c>.
/// </summary>
internal static class ResponseIds
{
    private const string Prefix = "resp_";

    /// <param name="run">The run.</param>
    /// <param name="after">The event that it begins after; 0 for the run's beginning.</param>
    public static string Of(Run run, long after = 0) => after == 0 ? Prefix + run.Id : string.Create(CultureInfo.InvariantCulture, $"{Prefix}{run.Id}_{after}");

    /// <summary>The run's id, and the event it begins after; null for what is no response's id.</summary>
    public static (string RunId, long After)? Read(string id)
    {
        if (!id.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var mark = id.IndexOf('_', Prefix.Length);
        return mark < 0 ? (id[Prefix.Length..], 0)
            : long.TryParse(id.AsSpan(mark + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var after) && after > 0 ? (id[Prefix.Length..mark], after)
            : null;
    }
}
