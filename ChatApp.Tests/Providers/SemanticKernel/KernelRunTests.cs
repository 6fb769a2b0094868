using System.ComponentModel;
using System.Text.Json;
using ChatApp.Providers.SemanticKernel;
using ChatApp.Tests.Infrastructure;
using ChatApp.Tools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using static ChatApp.Tests.Providers.OpenAIWireTests;

namespace ChatApp.Tests.Providers.SemanticKernel;

/// <summary>Runs of the whole app with a kernel: its model, its plugins and its filters.</summary>
public sealed class KernelRunTests
{
    [Fact]
    public async Task Run_OfAKernelsModel_CallsAPluginsFunctionWithEvents()
    {
        await using var upstream = await CallingAsync("math_add", """{\"a\":""", """2,\"b\":3}""");
        var filter = new Filter((context, next) => next(context));
        await using var app = await StartAsync(upstream, filter);
        var frames = await RunAsync(app, "kernel/m");

        Assert.Equal(
            ["tool_call_delta", "tool_call", "tool_result", "token", "done"],
            frames.Select(frame => frame.Type).Where(type => type is "tool_call_delta" or "tool_call" or "tool_result" or "token" or "done").Distinct());
        Assert.Equal(("math_add", "5", false), Result(frames));
        Assert.Equal("completed", frames.Single(frame => frame.Type == "done").Data.GetProperty("reason").GetString());
        Assert.Equal(["math.add"], filter.Seen);
        Assert.NotNull(filter.RunId);
        Assert.Equal(frames[0].Data.GetProperty("runId").GetString(), filter.RunId);

        var second = JsonElement.Parse(upstream.Exchanges.Last().Body).GetProperty("messages").EnumerateArray().ToList();
        Assert.Equal(("call_1", "5"), (second[^1].GetProperty("tool_call_id").GetString(), second[^1].GetProperty("content").GetString()));
    }

    [Fact]
    public async Task Run_OfAKernelsModel_CallsAToolOfChatApp()
    {
        await using var upstream = await CallingAsync("calculator", """{\"expression\":""", """\"17% of 4310\"}""");
        await using var app = await StartAsync(upstream);

        Assert.Equal(("calculator", "732.7", false), Result(await RunAsync(app, "kernel/m")));
        var offered = JsonElement.Parse(upstream.Exchanges.First().Body).GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("function").GetProperty("name").GetString());
        Assert.Equal(["calculator", "clock", "math_add", "math_fail", "math_locate"], offered.Order());
    }

    [Fact]
    public async Task Run_OfAnotherModel_CallsAPluginsFunction()
    {
        await using var app = await TestApp.StartAsync(null, null, null, builder => builder.Services.AddKernel().Plugins.AddFromType<MathPlugin>("math"));

        Assert.Equal(("math_locate", "{\"x\":1,\"name\":\"Zürich\"}", false), Result(await RunAsync(app, "scripted/ttft=0;rate=0;tokens=3;call=math_locate:{}")));
    }

    [Fact]
    public async Task Call_ThatAFilterVetoes_IsAFailureThatSaysWhy()
    {
        await using var app = await StartAsync(null, new Filter((_, _) => throw new KernelException("Not on Sundays.")));

        Assert.Equal(("math_add", "Not on Sundays.", true), Result(await RunAsync(app, Add)));
    }

    [Fact]
    public async Task Call_ThatAFilterAnswers_HasItsResult()
    {
        await using var app = await StartAsync(null, new Filter((context, _) =>
        {
            context.Result = new FunctionResult(context.Function, "It is secret.");
            return Task.CompletedTask;
        }));

        Assert.Equal(("math_add", "It is secret.", false), Result(await RunAsync(app, Add)));
    }

    [Fact]
    public async Task Call_ThatAFilterCancels_IsAFailure()
    {
        await using var app = await StartAsync(null, new Filter((_, _) => throw new OperationCanceledException()));

        Assert.Equal(("math_add", "The call was cancelled by the kernel, or by one of its filters.", true), Result(await RunAsync(app, Add)));
    }

    [Theory]
    [InlineData("call=math_fail:{}", "The tool failed. The server's log has the cause.")]
    [InlineData("call=math_add:{\"a\":1}", "Missing argument for function parameter 'b'")]
    public async Task Call_ThatFails_SaysNoMoreThanIsMeantToBeRead(string call, string said)
    {
        await using var app = await StartAsync(null);
        var (_, result, isError) = Result(await RunAsync(app, $"scripted/ttft=0;rate=0;tokens=3;{call}"));

        Assert.StartsWith(said, result, StringComparison.Ordinal);
        Assert.True(isError);
    }

    [Fact]
    public async Task Call_OfAPrompt_IsAnsweredByTheKernelsModelAndSeenByItsPromptFilter()
    {
        var filter = new PromptFilter();
        await using var app = await TestApp.StartAsync(null, null, null, builder =>
        {
            var kernel = builder.Services.AddKernel().AddChatAppModel("scripted/ttft=0;rate=0;text=Green");
            kernel.Plugins.AddFromFunctions("words", [KernelFunctionFactory.CreateFromPrompt("The colour of {{$thing}}?", functionName: "colour")]);
            kernel.Services.AddSingleton<IPromptRenderFilter>(filter).AddSingleton<IAutoFunctionInvocationFilter>(filter);
        });

        Assert.Equal(("words_colour", "Green", false), Result(await RunAsync(app, "scripted/ttft=0;rate=0;tokens=3;call=words_colour:{\"thing\":\"grass\"}")));
        Assert.Equal(["The colour of grass?"], filter.Seen);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Log_OfFailuresThatQuoteWhatWasSaid_HoldsNoneOfIt(bool isClient)
    {
        const string Canary = "canary-7c1d";
        using var log = new Api.LogTests.Captured();
        await using var upstream = await FakeUpstream.StartAsync(x => x.RespondAsync(400, $$$"""{"error":{"message":"I can't answer {{{Canary}}}"}}"""));
        await using var app = await TestApp.StartAsync(
            null, null, log,
            builder =>
            {
                var kernel = builder.Services.AddKernel();
                _ = isClient ? kernel.AddOpenAIChatClient("gpt", upstream.Endpoint, UpstreamPlay.Key, serviceId: "m", httpClient: KernelPlay.Http()) : kernel.AddUpstream(upstream.Endpoint);
                kernel.Plugins.AddFromType<MathPlugin>("math");
                kernel.Services.AddSingleton<IFunctionInvocationFilter>(new Filter((_, _) => throw new KernelException(Canary)));
            },
            ("ChatApp:Providers:kernel:Kind", "semantic-kernel"));
        var told = await app.Client.GetStringAsync($"/api/stream?q={Canary}&model=kernel/m");
        var refused = await RunAsync(app, Add);

        Assert.Contains(Canary, told, StringComparison.Ordinal);
        Assert.Equal(("math_add", Canary, true), Result(refused));
        Assert.DoesNotContain(log.Lines, line => line.Contains(Canary, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tools_OfAScopedPlugin_HaveAScopeForEachCall()
    {
        await using var app = await TestApp.StartAsync(null, null, null, builder =>
        {
            builder.Services.AddKernel();
            builder.Services.AddScoped<Counted>();
            builder.Services.AddTransient(given => KernelPluginFactory.CreateFromObject(given.GetRequiredService<Counted>(), "counted"));
        });
        const string Twice = "scripted/ttft=0;rate=0;tokens=3;call=counted_next:{};rounds=2";

        Assert.Equal(["1", "1"], (await RunAsync(app, Twice)).Where(frame => frame.Type == "tool_result").Select(frame => frame.Content));
    }

    private const string Add = "scripted/ttft=0;rate=0;tokens=3;call=math_add:{\"a\":1,\"b\":2}";

    private static Task<FakeUpstream> CallingAsync(string name, string first, string second) => FakeUpstream.StartAsync(x => x.SendAsync(
        x.Body.Contains("\"role\":\"tool\"", StringComparison.Ordinal)
            ? Deltas("""{"content":"That is it."}""") + Finish("stop")
            : Deltas(
                $$$"""{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"{{{name}}}","arguments":""}}]}""",
                $$$"""{"tool_calls":[{"index":0,"function":{"arguments":"{{{first}}}"}}]}""",
                $$$"""{"tool_calls":[{"index":0,"function":{"arguments":"{{{second}}}"}}]}""") + Finish("tool_calls")));

    private static Task<TestApp> StartAsync(FakeUpstream? upstream, Filter? filter = null) => TestApp.StartAsync(
        null, null, null,
        builder =>
        {
            var kernel = builder.Services.AddKernel();
            kernel.Plugins.AddFromType<MathPlugin>("math");
            if (upstream is not null)
            {
                kernel.AddUpstream(upstream.Endpoint);
            }

            if (filter is not null)
            {
                kernel.Services.AddSingleton<IFunctionInvocationFilter>(filter);
            }
        },
        ("ChatApp:Providers:kernel:Kind", "semantic-kernel"));

    private static async Task<List<SseFrame>> RunAsync(TestApp app, string model)
    {
        using var stream = await SseClient.GetAsync(app.Client, $"/api/stream?q=hi&model={Uri.EscapeDataString(model)}");
        return [.. (await stream.AllAsync()).Where(frame => frame.Type.Length > 0)];
    }

    private static (string? Name, string Content, bool IsError) Result(List<SseFrame> frames)
    {
        var result = frames.Single(frame => frame.Type == "tool_result");
        return (result.Data.GetProperty("name").GetString(), result.Content, result.Data.GetProperty("isError").GetBoolean());
    }

    internal sealed class MathPlugin
    {
        [KernelFunction("add"), Description("Adds two numbers.")]
        public static int Add(int a, int b) => a + b;

        [KernelFunction("fail"), Description("Fails.")]
        public static int Fail() => throw new InvalidOperationException("canary");

        [KernelFunction("locate"), Description("Tells a place.")]
        public static Place Locate() => new(1, "Zürich");
    }

    internal sealed record Place(int X, string Name);

    internal sealed class Counted
    {
        private int _count;

        [KernelFunction("next")]
        public int Next() => ++_count;
    }

    private sealed class PromptFilter : IPromptRenderFilter, IAutoFunctionInvocationFilter
    {
        public List<string> Seen { get; } = [];

        public async Task OnPromptRenderAsync(PromptRenderContext context, Func<PromptRenderContext, Task> next)
        {
            await next(context);
            Seen.Add(context.RenderedPrompt!);
        }

        public Task OnAutoFunctionInvocationAsync(AutoFunctionInvocationContext context, Func<AutoFunctionInvocationContext, Task> next)
        {
            Seen.Add("by itself");
            return next(context);
        }
    }

    private sealed class Filter(Func<FunctionInvocationContext, Func<FunctionInvocationContext, Task>, Task> does) : IFunctionInvocationFilter
    {
        public List<string> Seen { get; } = [];

        public string? RunId { get; private set; }

        public Task OnFunctionInvocationAsync(FunctionInvocationContext context, Func<FunctionInvocationContext, Task> next)
        {
            Seen.Add($"{context.Function.PluginName}.{context.Function.Name}");
            RunId = ToolCall.Of(context.Arguments)?.RunId;
            return does(context, next);
        }
    }
}
