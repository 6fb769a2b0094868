using System.Net.Http.Headers;
using Anthropic;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>Claude, over Anthropic's Messages API.</summary>
internal sealed class AnthropicProviderKind(TimeProvider time, ILogger<AnthropicProviderKind> logger) : IModelProviderKind
{
    internal static readonly Uri PublicEndpoint = new("https://api.anthropic.com");

    /// <summary>The API demands a limit; a small one cuts answers short, a large one costs nothing unless it is used.</summary>
    private const int DefaultMaxTokens = 8192;

    public string Kind => "anthropic";

    public IModelProvider Create(string name, ProviderOptions options)
    {
        var target = new UpstreamTarget(name, Base(options.Endpoint ?? PublicEndpoint), options.ApiKey, ProviderKeys.Setting(name, options.Kind));
        var http = UpstreamHttp.CreateClient(target, time);
        var address = new Uri($"{target.Endpoint.AbsoluteUri.TrimEnd('/')}/v1/models?limit=1000");
        var listing = new ModelListing(target, http, address, Authorize, time, logger);
        var sdk = new Lazy<AnthropicClient>(() => new AnthropicClient
        {
            HttpClient = http,
            BaseUrl = target.Endpoint.AbsoluteUri.TrimEnd('/'),
            ApiKey = options.ApiKey,

            // Said outright, or the package takes one from the environment.
            AuthToken = null,
            MaxRetries = 0,
            Timeout = Timeout.InfiniteTimeSpan,
        });
        var unavailable = options.ApiKey is null ? ProviderKeys.Missing(target) : null;
        return new HttpProvider(target, options.Models, unavailable, listing,
            model => new AnthropicChatClient(target, sdk.Value.AsIChatClient(model, DefaultMaxTokens)));

        void Authorize(HttpRequestHeaders headers)
        {
            headers.Add("x-api-key", options.ApiKey);
            headers.Add("anthropic-version", "2023-06-01");
        }
    }

    // The package appends /v1/messages itself.
    private static Uri Base(Uri endpoint)
    {
        var address = endpoint.AbsoluteUri.TrimEnd('/');
        return new Uri(address.EndsWith("/v1", StringComparison.Ordinal) ? address[..^3] : address);
    }
}
