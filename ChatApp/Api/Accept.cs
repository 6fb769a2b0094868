using Microsoft.Net.Http.Headers;

namespace ChatApp.Api;

/// <summary>The header <c>Accept</c>, which names what a client can read.</summary>
internal static class Accept
{
    /// <summary>
    /// The problem where the request rules out <paramref name="contentType"/>. Wildcards, no header and one that can't be read rule out
    /// nothing; of several entries that fit, the most exact one decides, and <c>q=0</c> means no.
    /// </summary>
    public static Problem? Check(HttpRequest request, string contentType)
    {
        var accepted = request.GetTypedHeaders().Accept;
        if (accepted.Count == 0)
        {
            return null;
        }

        var type = MediaTypeHeaderValue.Parse(contentType);
        var best = accepted.Select(range => (Rank: Rank(range, type), range.Quality)).Where(range => range.Rank > 0).OrderByDescending(range => range.Rank).FirstOrDefault();
        return best.Rank > 0 && best.Quality != 0 ? null : Problem.NotAcceptable(contentType);
    }

    // How exactly a range names the type; 0 where it does not. Parameters such as the charset are not compared.
    private static int Rank(MediaTypeHeaderValue range, MediaTypeHeaderValue type) =>
        range.MatchesAllTypes ? 1
        : !range.Type.Equals(type.Type, StringComparison.OrdinalIgnoreCase) ? 0
        : range.MatchesAllSubTypes ? 2
        : range.SubType.Equals(type.SubType, StringComparison.OrdinalIgnoreCase) ? 3
        : 0;
}
