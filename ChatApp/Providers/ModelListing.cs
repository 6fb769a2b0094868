using System.Net.Http.Headers;
using System.Text.Json;

namespace ChatApp.Providers;

/// <summary>
/// What an endpoint's <c>GET models</c> names: <c>{"data":[{"id":"gpt-5-mini"},…]}</c>, the same at OpenAI, Anthropic and their like. An answer
/// is kept for a minute, silence for five seconds, and nobody waits longer than two.
/// </summary>
internal sealed partial class ModelListing(
    UpstreamTarget target,
    HttpClient http,
    Uri address,
    Action<HttpRequestHeaders> authorize,
    TimeProvider time,
    ILogger logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FreshSilence = TimeSpan.FromSeconds(5);
    private const int MaxModels = 2000;

    private readonly Lock _lock = new();
    private Task<IReadOnlyList<string>> _last = Task.FromResult<IReadOnlyList<string>>([]);
    private long? _asked;

    /// <summary>The models named last, sorted; empty where nothing answers.</summary>
    internal Task<IReadOnlyList<string>> GetAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var stale = _asked is not { } asked || (_last.IsCompleted && time.GetElapsedTime(asked) >= (_last is { IsCompletedSuccessfully: true, Result.Count: > 0 } ? Fresh : FreshSilence));
            if (stale)
            {
                _asked = time.GetTimestamp();

                // Shared by all who ask meanwhile, so it is nobody's to cancel.
                _last = AskAsync();
            }

            return _last.WaitAsync(cancellationToken);
        }
    }

    private async Task<IReadOnlyList<string>> AskAsync()
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            authorize(request.Headers);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            await using var body = await response.Content.ReadAsStreamAsync(patience.Token);
            using var document = await JsonDocument.ParseAsync(body, cancellationToken: patience.Token);
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is ProviderException or OperationCanceledException or JsonException)
        {
            // A server that is off is no error: its models are just not offered.
            Log.NoListing(logger, target.Name, e is ProviderException { Status: { } status } ? $"status {status}" : (e.InnerException ?? e).GetType().Name);
            return [];
        }
    }

    private static string[] Read(JsonElement root)
    {
        var data = JsonText.Find(root, "data") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : default;
        return [.. data.Select(m => JsonText.Read(m, "id")).Where(id => id.Length is > 0 and <= 256).Distinct().Order(StringComparer.Ordinal).Take(MaxModels)];
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "{Provider} lists no models: {Reason}")]
        public static partial void NoListing(ILogger logger, string provider, string reason);
    }
}
