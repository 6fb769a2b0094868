using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Anthropic;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>Claude, over Anthropic's Messages API.</summary>
internal sealed partial class AnthropicProviderKind(TimeProvider time, ILogger<AnthropicProviderKind> logger) : IModelProviderKind
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
            MaxRetries = 0,

            // The run's own time-outs rule; the package tells the server this one, so it must be a number that makes sense.
            Timeout = TimeSpan.FromDays(1),
        });
        var unavailable = options.ApiKey is null ? ProviderKeys.Missing(target) : null;
        return new HttpProvider(target, options.Models, unavailable, listing,
            model => new AnthropicChatClient(target, sdk.Value.AsIChatClient(model, DefaultMaxTokens, ThinkingMode(model)), time));

        void Authorize(HttpRequestHeaders headers)
        {
            // As the package does for its own requests.
            headers.Authorization = new AuthenticationHeaderValue("Bearer", options.ApiKey);
            headers.Add("anthropic-version", "2026-10-21");
        }
    }

    // Models up to 4.5 want their thinking as a budget of tokens, later ones refuse that.
    private static AnthropicThinkingMode ThinkingMode(string model) =>
        BudgetModel().IsMatch(model) ? AnthropicThinkingMode.Extended : AnthropicThinkingMode.Adaptive;

    // claude-3-7-sonnet-20250219   claude-sonnet-4-20250514   claude-sonnet-4-5   claude-opus-4-1-20250805
    [GeneratedRegex(@"^claude-(3|(opus|sonnet|haiku)-4(-[0-5])?(-\d{8}|-latest)?$)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex BudgetModel();

    // The package appends /v1/messages itself.
    private static Uri Base(Uri endpoint)
    {
        var address = endpoint.AbsoluteUri.TrimEnd('/');
        return new Uri(address.EndsWith("/v1", StringComparison.Ordinal) ? address[..^3] : address);
    }
}
