using ChatApp.Providers;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;

namespace ChatApp.Tests.Providers.SemanticKernel;

/// <summary>A kernel whose service <c>m</c> is a real connector to a <see cref="FakeUpstream"/>.</summary>
internal static class KernelPlay
{
    /// <summary>Adds the connector, which asks once: by itself it would try a failed request three times more.</summary>
    public static IKernelBuilder AddUpstream(this IKernelBuilder builder, Uri endpoint, string serviceId = "m") =>
        builder.AddOpenAIChatCompletion("gpt", endpoint, UpstreamPlay.Key, serviceId: serviceId, httpClient: Http());

    public static HttpClient Http() => new() { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>The models of the kernel that <paramref name="configure"/> puts together.</summary>
    public static IModelProvider Provider(Action<IKernelBuilder> configure, TimeProvider? time = null) =>
        Provider(services => configure(services.AddKernel()), time);

    public static IModelProvider Provider(Action<IServiceCollection> configure, TimeProvider? time = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(time ?? TimeProvider.System);
        services.AddProviders(ProvidersConfigurationTests.Configuration([]));
        configure(services);
        var kind = services.BuildServiceProvider().GetServices<IModelProviderKind>().Single(kind => kind.Kind == "semantic-kernel");
        return kind.Create("kernel", new ProviderOptions { Kind = kind.Kind, Models = { "*" } });
    }

    public static IChatClient Client(FakeUpstream upstream, TimeProvider? time = null) => UpstreamPlay.Client(Provider((IKernelBuilder builder) => builder.AddUpstream(upstream.Endpoint), time));

    public static async Task<UpstreamPlay> StreamAsync(string wire, ChatOptions? options = null)
    {
        await using var upstream = await FakeUpstream.StreamAsync(wire);
        using var client = Client(upstream);
        return await UpstreamPlay.DrainAsync(client, options);
    }

    public static async Task<UpstreamPlay> PlayAsync(Func<FakeExchange, Task> script)
    {
        await using var upstream = await FakeUpstream.StartAsync(script);
        using var client = Client(upstream);
        return await UpstreamPlay.DrainAsync(client);
    }
}
