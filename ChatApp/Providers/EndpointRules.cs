namespace ChatApp.Providers;

/// <summary>What an endpoint's address must be. The messages never repeat the address: it may hold a password.</summary>
internal static class EndpointRules
{
    /// <summary>Why <paramref name="value"/> can't be an endpoint, with the fix; null while it can.</summary>
    internal static string? Problem(string value, out Uri? endpoint)
    {
        if (!Uri.TryCreate(value.Trim(), UriKind.Absolute, out endpoint) || endpoint.Scheme is not ("http" or "https") || endpoint.Host.Length == 0)
        {
            endpoint = null;
            return "is no address. Write a whole one, such as https://api.openai.com/v1 or http://127.0.0.1:11434/v1.";
        }

        if (endpoint.UserInfo.Length > 0)
        {
            return "holds a user name or password. Remove it, and put the key into ApiKey.";
        }

        if (endpoint.Query.Length > 0 || endpoint.Fragment.Length > 0 || value.Any(char.IsWhiteSpace))
        {
            return "has something after the path. End it with the path, such as /v1.";
        }

        if (!value.All(char.IsAscii))
        {
            return "has characters outside ASCII, which can look like another host's. Write the host in its xn-- form.";
        }

        return endpoint.Scheme == "http" && !NearHosts.Has(endpoint)
            ? "sends prompts and keys unencrypted to a public host. Use https; http is for this machine and private networks."
            : null;
    }
}
