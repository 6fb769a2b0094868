using System.Net;
using System.Net.Sockets;
using ChatApp.Providers;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using static ChatApp.Tests.Providers.OpenAIWireTests;

namespace ChatApp.Tests.Providers.SemanticKernel;

/// <summary>Failures of a connector, told as those of any provider.</summary>
public sealed class KernelFaultTests
{
    private static readonly string Hi = Deltas("""{"content":"Hi"}""");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connect_Refused_SaysWhereAndWhatToCheck(bool isClient)
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var endpoint = new Uri($"http://127.0.0.1:{((IPEndPoint)closed.LocalEndpoint).Port}/v1");
        closed.Stop();

        var play = await UpstreamPlay.DrainAsync(UpstreamPlay.Client(KernelPlay.Provider((IKernelBuilder builder) => _ = isClient
            ? builder.AddOpenAIChatClient("gpt", endpoint, UpstreamPlay.Key, serviceId: "m", httpClient: KernelPlay.Http())
            : builder.AddUpstream(endpoint))));

        Assert.Equal($"kernel can't be reached at {endpoint}. Check that it is running and that the endpoint is right.", play.Failure?.Message);
    }

    [Fact]
    public async Task Status_KeyRefused_NamesTheServiceAndNeverTheKey()
    {
        var play = await KernelPlay.PlayAsync(x => x.RespondAsync(401, $$$"""{"error":{"message":"Incorrect API key provided: {{{UpstreamPlay.Key}}}"}}"""));

        Assert.Equal("kernel refused the key (401). Check the key that the kernel's service 'm' was given, then retry. It says: Incorrect API key provided: [key]", play.Failure?.Message);
        Assert.Equal(401, play.Failure!.Status);
    }

    [Fact]
    public async Task Status_TooManyRequests_TellsHowLongToWait()
    {
        var play = await KernelPlay.PlayAsync(x => x.RespondAsync(429, """{"error":{"message":"slow down"}}""", "application/json", ("Retry-After", "7")));

        Assert.Equal((ProviderFault.RateLimited, 429, 7.0), (play.Failure!.Fault, play.Failure.Status, play.Failure.RetryAfter?.TotalSeconds));
    }

    [Theory]
    [InlineData(400, "This model's maximum context length is 8192 tokens.", ProviderFault.ContextTooLong)]
    [InlineData(422, "temperature: value is too high", ProviderFault.Refused)]
    [InlineData(503, "overloaded", ProviderFault.Error)]
    public async Task Status_Others_AreToldFromEachOther(int status, string says, ProviderFault fault)
    {
        var play = await KernelPlay.PlayAsync(x => x.RespondAsync(status, $$$"""{"error":{"message":"{{{says}}}"}}"""));

        Assert.Equal((fault, status), (play.Failure!.Fault, play.Failure.Status));
        Assert.EndsWith($"It says: {says}", play.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_ConnectionBreaks_IsInterrupted()
    {
        var read = new TaskCompletionSource();
        await using var upstream = await FakeUpstream.StartAsync(async x =>
        {
            await x.SendAsync(Hi);
            await read.Task;
            x.Reset();
        });
        using var client = KernelPlay.Client(upstream);
        var text = "";
        var failure = await Assert.ThrowsAsync<ProviderException>(async () =>
        {
            await foreach (var update in client.GetStreamingResponseAsync([UpstreamPlay.Hello]))
            {
                text += update.Text;
                read.TrySetResult();
            }
        });

        Assert.Equal(("Hi", ProviderFault.Interrupted), (text, failure.Fault));
    }

    [Fact]
    public async Task Stream_BrokenJson_FailsAsProtocolAndKeepsTheText()
    {
        var play = await KernelPlay.StreamAsync(Hi + "data: nonsense\n\n");

        Assert.Equal(("Hi", ProviderFault.Protocol), (play.Text, play.Failure!.Fault));
    }

    [Fact]
    public async Task Stream_HangsAfterTheEnd_IsLetGoSoon()
    {
        var time = new FakeTime();
        await using var upstream = await FakeUpstream.StartAsync(async x =>
        {
            await x.SendAsync(Hi + Finish("stop").Replace("data: [DONE]\n\n", "", StringComparison.Ordinal));
            await x.HangAsync();
        });
        using var client = KernelPlay.Client(upstream, time);
        var draining = UpstreamPlay.DrainAsync(client);
        await Eventually.Holds(() => time.ArmedTimers > 0, "the wait for usage");
        time.Advance(TimeSpan.FromSeconds(2));
        var play = await draining;

        Assert.Equal(("Hi", ChatFinishReason.Stop, null), (play.Text, play.Finish, play.Failure));
        await upstream.Exchanges.Single().Left.WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task Service_ThatIsNotThere_IsNamed()
    {
        var play = await UpstreamPlay.DrainAsync(UpstreamPlay.Client(KernelPlay.Provider((IServiceCollection services) => services.AddKernel())));

        Assert.Equal("The kernel of kernel has no chat service 'm'. Register one with this serviceId, or correct the provider's Models.", play.Failure?.Message);
    }

    [Fact]
    public async Task Provider_WithoutAKernel_SaysHowToAddOne()
    {
        var provider = KernelPlay.Provider((IServiceCollection _) => { });

        Assert.Contains("AddKernel()", provider.Unavailable, StringComparison.Ordinal);
        Assert.Empty(await provider.ListModelsAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Models_OfAKernel_AreItsServicesAndNotChatAppsOwn()
    {
        var provider = KernelPlay.Provider((IKernelBuilder builder) =>
        {
            builder.AddUpstream(new Uri("http://127.0.0.1:1/v1"), "fast").AddUpstream(new Uri("http://127.0.0.1:1/v1"), null!);
            builder.AddOpenAIChatClient("gpt", new Uri("http://127.0.0.1:1/v1"), null, serviceId: "client");
            ChatApp.Providers.SemanticKernel.KernelModels.AddChatAppModel(builder, "guide/guide", "guide");
        });

        Assert.Equal(["fast", "default", "client"], await provider.ListModelsAsync(TestContext.Current.CancellationToken));
        Assert.Equal((true, false), (provider.Accepts("default"), provider.Accepts("guide")));
    }

    [Fact]
    public async Task Models_OfAKernelBuiltByItself_AreTheDefaultOne()
    {
        await using var upstream = await FakeUpstream.StreamAsync(Hi + Finish("stop"));
        var kernel = Kernel.CreateBuilder().AddUpstream(upstream.Endpoint).Build();
        var provider = KernelPlay.Provider((IServiceCollection services) => services.AddSingleton(kernel));

        Assert.Equal(["default"], await provider.ListModelsAsync(TestContext.Current.CancellationToken));
        foreach (var model in (string[])["default", "m"])
        {
            using var client = provider.CreateClient(model);
            Assert.Equal("Hi", (await client.GetResponseAsync([UpstreamPlay.Hello], cancellationToken: TestContext.Current.CancellationToken)).Text);
        }
    }
}
