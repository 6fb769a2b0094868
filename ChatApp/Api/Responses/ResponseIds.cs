using ChatApp.Runs;

namespace ChatApp.Api.Responses;

/// <summary>A response's id: <c>resp_</c> and the run's.</summary>
internal static class ResponseIds
{
    private const string Prefix = "resp_";

    public static string Of(Run run) => Prefix + run.Id;

    /// <summary>The run's id; null for what is no response's id.</summary>
    public static string? RunOf(string id) => id.StartsWith(Prefix, StringComparison.Ordinal) ? id[Prefix.Length..] : null;
}
