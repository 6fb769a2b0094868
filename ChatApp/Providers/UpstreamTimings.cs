namespace ChatApp.Providers;

/// <summary>
/// Receives the moments of a request that only the HTTP layer sees. A run puts its own in <see cref="Current"/> before it asks the
/// client; the handler below the client, which knows nothing of runs, reports there.
/// </summary>
public abstract class UpstreamTimings
{
    private static readonly AsyncLocal<UpstreamTimings?> Ambient = new();

    /// <summary>Who is told about requests of this asynchronous flow; null: nobody.</summary>
    public static UpstreamTimings? Current
    {
        get => Ambient.Value;
        set => Ambient.Value = value;
    }

    /// <summary>The response's headers have arrived: the provider is reached and has accepted the request.</summary>
    public abstract void OnConnected();

    /// <summary>The first byte of the response's body has arrived.</summary>
    public abstract void OnFirstByte();
}
