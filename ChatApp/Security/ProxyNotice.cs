namespace ChatApp.Security;

/// <summary>
/// Notices that an app without keys stands behind a proxy: it listens to this machine alone, but the proxy may hand on what comes from
/// anywhere. Said once.
/// </summary>
internal sealed partial class ProxyNotice(KeyRing keys, ILogger<ProxyNotice> logger)
{
    // X-Original-For is what the framework leaves of the first where it believes it.
    private static readonly string[] Headers = ["X-Forwarded-For", "Forwarded", "X-Original-For"];

    private int _said;

    public void Look(HttpRequest request)
    {
        if (!keys.IsRequired && _said == 0 && Array.Exists(Headers, request.Headers.ContainsKey) && Interlocked.Exchange(ref _said, 1) == 0)
        {
            Proxied(logger);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A proxy hands requests to this app, and it asks nobody for a key: whoever reaches the proxy can use it. "
        + "Make a key with: dotnet run --project ChatApp -- key new NAME")]
    private static partial void Proxied(ILogger logger);
}
