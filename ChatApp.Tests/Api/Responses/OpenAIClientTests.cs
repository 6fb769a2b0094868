using System.Text.Json;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Api.Responses;

/// <summary>The official npm client <c>openai</c> against a live server.</summary>
public sealed class OpenAIClientTests(OpenAIClientTests.App app) : IClassFixture<OpenAIClientTests.App>
{
    private Task<JsonElement> RunAsync(string name) => NodeClient.RunAsync("openai-responses.mjs", app.Address, name);

    [Fact]
    public async Task Create_Whole_HasItsText()
    {
        var saw = await RunAsync("create");
        Assert.Equal("Hello there", saw.GetProperty("text").GetString());
        Assert.Equal("completed", saw.GetProperty("response").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Create_Stream_SendsEventsInOrder()
    {
        var saw = await RunAsync("stream");
        var types = saw.GetProperty("types").EnumerateArray().Select(type => type.GetString()!["response.".Length..]).ToList();
        string[] order =
        [
            "created", "in_progress", "output_item.added", "content_part.added", "reasoning_text.delta", "reasoning_text.done", "content_part.done", "output_item.done",
            "output_item.added", "content_part.added", "output_text.delta", "output_text.done", "content_part.done", "output_item.done", "completed",
        ];
        Assert.Equal(order, types.Where((type, i) => i == 0 || type != types[i - 1]));
        var numbers = saw.GetProperty("numbers").EnumerateArray().Select(number => number.GetInt64()).ToList();
        Assert.Equal(numbers.Order(), numbers);
        Assert.Equal(numbers.Distinct(), numbers);
        Assert.Equal("Hello there", saw.GetProperty("text").GetString());
        Assert.Equal("completed", saw.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Stream_Tools_CallsAndContinuesBothWays()
    {
        var saw = await RunAsync("tools");
        Assert.Equal(["clock", "calculator"], saw.GetProperty("calls").EnumerateArray().Select(call => call.GetProperty("name").GetString()));
        Assert.True(saw.GetProperty("snapshots").GetInt32() > 2);
        Assert.Equal("It is noon.", saw.GetProperty("byId").GetString());
        Assert.Equal("It is noon.", saw.GetProperty("whole").GetString());
    }

    [Fact]
    public async Task Retrieve_StartingAfter_GivesTheRestOfABackgroundStream()
    {
        var saw = await RunAsync("background");
        Assert.True(saw.GetProperty("same").GetBoolean(), saw.GetRawText());
        Assert.True(saw.GetProperty("after").GetBoolean());
        Assert.Equal("completed", saw.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Cancel_Background_StopsIt()
    {
        var saw = await RunAsync("cancel");
        Assert.Contains(saw.GetProperty("begun").GetString(), new[] { "queued", "in_progress" });
        Assert.Equal("cancelled", saw.GetProperty("cancelled").GetString());
        Assert.Equal("cancelled", saw.GetProperty("again").GetString());
        Assert.Equal("cancelled", saw.GetProperty("read").GetString());
        Assert.Equal(400, saw.GetProperty("refused").GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task Create_Errors_AreTheClientsOwn()
    {
        var saw = await RunAsync("errors");
        Assert.Equal((429, "rate_limit_exceeded"), Error("before"));
        Assert.Equal(502, Error("beforeStream").Status);
        Assert.Equal("response.failed", saw.GetProperty("during").GetProperty("type").GetString());
        Assert.NotEqual("", saw.GetProperty("during").GetProperty("response").GetProperty("error").GetProperty("message").GetString());
        Assert.Equal("failed", saw.GetProperty("duringFinal").GetString());
        Assert.Equal((400, "invalid_value"), Error("invalid"));
        Assert.Equal("temperature", saw.GetProperty("invalid").GetProperty("param").GetString());
        Assert.Equal((404, "model_not_found"), Error("unknownModel"));
        Assert.Equal((404, "response_not_found"), Error("unknown"));

        (int Status, string? Code) Error(string name) => (saw.GetProperty(name).GetProperty("status").GetInt32(), saw.GetProperty(name).GetProperty("code").GetString());
    }

    public sealed class App : IAsyncLifetime
    {
        private TestApp? _app;

        public Uri Address => _app!.Client.BaseAddress!;

        public async ValueTask InitializeAsync() => _app = await TestApp.StartAsync();

        public ValueTask DisposeAsync() => _app!.DisposeAsync();
    }
}
