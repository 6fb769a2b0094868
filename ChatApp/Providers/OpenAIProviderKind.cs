using System.Net.Http.Headers;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>Everything that speaks OpenAI's Chat Completions: OpenAI, Azure, Ollama, vLLM, llama.cpp, LM Studio, DeepSeek, OpenRouter, …</summary>
internal sealed class OpenAIProviderKind(TimeProvider time, ILogger<OpenAIProviderKind> logger) : IModelProviderKind
{
    internal static readonly Uri PublicEndpoint = new("https://api.openai.com/v1");

    public string Kind => "openai";

    public IModelProvider Create(string name, ProviderOptions options)
    {
        var endpoint = options.Endpoint ?? PublicEndpoint;
        var target = new UpstreamTarget(name, endpoint, options.ApiKey, ProviderKeys.Setting(name, options.Kind));
        var http = UpstreamHttp.CreateClient(target, time);
        var listing = new ModelListing(target, http, new Uri($"{endpoint.AbsoluteUri.TrimEnd('/')}/models"), Authorize, time, logger);

        // One's own server rarely wants a key; OpenAI always does.
        var unavailable = options.ApiKey is null && endpoint.Host == PublicEndpoint.Host ? ProviderKeys.Missing(target) : null;
        return new HttpProvider(target, options.Models, unavailable, listing, CreateClient);

        void Authorize(HttpRequestHeaders headers) =>
            headers.Authorization = options.ApiKey is { } key ? new AuthenticationHeaderValue("Bearer", key) : null;

        // What the model thinks aloud between <think> tags is split off here: only models behind this API do so.
        IChatClient CreateClient(string model) => new ThinkTagClient(new OpenAIChatClient(target, model, http, Authorize, time));
    }
}
