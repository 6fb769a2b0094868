using ChatApp.Providers;
using ChatApp.Providers.SemanticKernel;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace ChatApp.Tests.Providers.SemanticKernel;

/// <summary>Models of ChatApp in kernels.</summary>
public sealed class KernelModelsTests
{
    [Fact]
    public async Task Service_OfTheAppsKernel_StreamsAModelsAnswer()
    {
        await using var app = await TestApp.StartAsync(null, null, null, builder => builder.Services.AddKernel()
            .AddChatAppModel("scripted/ttft=0;rate=0;text=Hello from a model", serviceId: "mine"));
        var chat = app.Services.GetRequiredService<Kernel>().GetRequiredService<IChatCompletionService>("mine");
        var text = "";
        await foreach (var chunk in chat.GetStreamingChatMessageContentsAsync("hi", cancellationToken: TestContext.Current.CancellationToken))
        {
            text += chunk.Content;
        }

        Assert.Equal("Hello from a model", text);
        Assert.Equal("Hello from a model", (await chat.GetChatMessageContentAsync("hi", cancellationToken: TestContext.Current.CancellationToken)).Content);
    }

    [Fact]
    public async Task Prompt_OfTheAppsKernel_IsAnsweredByTheDefaultModel()
    {
        await using var app = await TestApp.StartAsync(null, null, null, builder => builder.Services.AddKernel().AddChatAppModel(), ("ChatApp:DefaultModel", "scripted/ttft=0;rate=0;text=It is so"));
        var result = await app.Services.GetRequiredService<Kernel>().InvokePromptAsync("Is it so?", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("It is so", result.ToString());
    }

    [Fact]
    public async Task Service_OfAKernelBuiltByItself_CallsItsFunctions()
    {
        await using var app = await TestApp.StartAsync();
        var builder = Kernel.CreateBuilder();
        builder.Services.AddSingleton(app.Services.GetRequiredService<IModelCatalog>().AsChatCompletionService("scripted/ttft=0;rate=0;tokens=3;call=math_add:{\"a\":2,\"b\":3}"));
        builder.Plugins.AddFromType<KernelRunTests.MathPlugin>("math");
        var kernel = builder.Build();
        var seen = new List<string>();
        kernel.FunctionInvocationFilters.Add(new Noting(seen));
        await kernel.InvokePromptAsync(
            "Add them.",
            new KernelArguments(new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() }),
            cancellationToken: TestContext.Current.CancellationToken);

        Assert.Contains("add", seen);
    }

    private sealed class Noting(List<string> seen) : IFunctionInvocationFilter
    {
        public async Task OnFunctionInvocationAsync(FunctionInvocationContext context, Func<FunctionInvocationContext, Task> next)
        {
            await next(context);
            seen.Add(context.Function.Name);
        }
    }
}
