using System.Globalization;
using System.Net;

namespace ChatApp.Security;

/// <summary>
/// What the settings must say before anything is made of them: addresses that can be, and, without API keys, nothing that lets others in.
/// </summary>
internal static class StartRules
{
    private const string Hosts = "AllowedHosts";

    // ASPNETCORE_FORWARDEDHEADERS_ENABLED, as the framework reads it.
    private const string Forwarded = "FORWARDEDHEADERS_ENABLED";

    private const string MakeAKey = "make a key with: dotnet run --project ChatApp -- key new NAME";

    /// <summary>What is wrong; none where the app may start. It names settings and never their values.</summary>
    public static List<string> Problems(IConfiguration settings)
    {
        List<string> problems = [.. ApiKeysShape.Problems(settings)];
        if (problems.Count > 0)
        {
            // Whether there are keys is not known, so nothing can be said of the rest.
            return problems;
        }

        var addresses = Addresses(settings).ToList();
        problems.AddRange(addresses.Where(address => Parse(address.Url) is null).Select(address => address.Key).Distinct().Select(key =>
            $"{key} must be an address such as http://localhost:5080, with http or https, a port from 0 to 65535 and no path."));
        problems.AddRange(LevelProblems(settings.GetSection("Logging")));
        if (!HasKeys(settings))
        {
            problems.AddRange(addresses.Where(address => Parse(address.Url) is { } parsed && !IsLoopback(parsed)).Select(address => address.Key).Distinct().Select(key =>
                $"{key} may name localhost, 127.0.0.1 and [::1] only, as in http://localhost:5080: without API keys ChatApp listens to this machine alone. To serve others, {MakeAKey}"));
            problems.AddRange(OpenProblems(settings));
        }

        return problems;
    }

    /// <summary>Without keys, answers to this machine's own names only: another site's name that was made to point here must not get an answer.</summary>
    public static void LimitHosts(IConfiguration settings)
    {
        // Not in appsettings.json, since a settings file that leaves it out must not open the app.
        if (!HasKeys(settings) && HostsOf(settings).Length == 0)
        {
            settings[Hosts] = "localhost;127.0.0.1;[::1]";
        }
    }

    // By the list as it is bound: what the section holds besides is no key.
    private static bool HasKeys(IConfiguration settings) => ApiKeysShape.Bind(settings).Count > 0;

    // A proxy in front makes the app public while it listens to this machine alone. Both settings say that there is one.
    private static IEnumerable<string> OpenProblems(IConfiguration settings)
    {
        if (string.Equals(settings[Forwarded], "true", StringComparison.OrdinalIgnoreCase))
        {
            yield return $"ASPNETCORE_{Forwarded} says that a proxy hands requests to ChatApp, and without API keys everybody who reaches the proxy could use it. Take it out, or {MakeAKey}";
        }

        if (!Array.TrueForAll(HostsOf(settings), IsLoopbackName))
        {
            yield return $"{Hosts} may name localhost, 127.0.0.1 and [::1] only: without API keys ChatApp answers to this machine alone. To serve others, {MakeAKey}";
        }
    }

    private static string[] HostsOf(IConfiguration settings) => (settings[Hosts] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Where the settings let the app listen, and which setting says so.</summary>
    public static IEnumerable<(string Key, string Url)> Addresses(IConfiguration settings)
    {
        foreach (var url in Split(settings["urls"]))
        {
            yield return ("urls", url);
        }

        // A port alone means every address of the machine. The framework reads the ports only where there are no addresses.
        foreach (var (key, scheme) in string.IsNullOrEmpty(settings["urls"]) ? [("https_ports", "https"), ("http_ports", "http")] : Array.Empty<(string, string)>())
        {
            foreach (var port in Split(settings[key]))
            {
                yield return (key, $"{scheme}://*:{port}");
            }
        }

        foreach (var endpoint in settings.GetSection("Kestrel:Endpoints").GetChildren())
        {
            yield return ($"{endpoint.Path}:Url", endpoint["Url"] ?? "");
        }
    }

    private static string[] Split(string? list) => (list ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static BindingAddress? Parse(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return address.Scheme.ToUpperInvariant() is "HTTP" or "HTTPS"
                && address.Port is >= IPEndPoint.MinPort and <= IPEndPoint.MaxPort
                && address.PathBase.Length == 0
                // A port that is no number stays in the name.
                && (address.IsUnixPipe || address.Host.StartsWith('[') || !address.Host.Contains(':', StringComparison.Ordinal))
                ? address
                : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static bool IsLoopback(BindingAddress address) => address.IsUnixPipe || address.IsNamedPipe || IsLoopbackName(address.Host);

    private static bool IsLoopbackName(string name) =>
        name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(name, out var ip) && IPAddress.IsLoopback(ip));

    // The framework throws at the first one while it makes its loggers.
    private static IEnumerable<string> LevelProblems(IConfigurationSection logging) => logging.GetChildren().SelectMany(child =>
        !child.Key.Equals("LogLevel", StringComparison.OrdinalIgnoreCase)
            ? LevelProblems(child)
            : child.GetChildren().Where(level => level.Value is { Length: > 0 } text && !Enum.TryParse<LogLevel>(text, ignoreCase: true, out _)).Select(level =>
                string.Create(CultureInfo.InvariantCulture, $"{level.Path} must be one of: {string.Join(", ", Enum.GetNames<LogLevel>())}.")));
}
