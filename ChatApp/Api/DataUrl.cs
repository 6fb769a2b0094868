using Microsoft.Extensions.AI;

namespace ChatApp.Api;

/// <summary>Files in a request. They come in it, as base64: an address would have to be fetched, from wherever it points to.</summary>
internal static class DataUrl
{
    /// <summary>Reads <c>data:image/png;base64,iVBORw0…</c>; null for anything else.</summary>
    /// <param name="url">The whole URL.</param>
    /// <param name="mediaType">The type said beside it, which wins.</param>
    public static DataContent? Read(string? url, string? mediaType)
    {
        if (url is null || !url.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        try
        {
            return new DataContent(url, string.IsNullOrEmpty(mediaType) ? null : mediaType);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            return null;
        }
    }
}
