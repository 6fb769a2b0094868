using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Runs;

/// <summary>Agents and models that stand in for others, from the settings to what clients get.</summary>
public class AgentsSettingsTests
{
    private static readonly (string, string)[] Settings =
    [
        ("ChatApp:Agents:poet:System", "You write verse."), ("ChatApp:Agents:poet:Model", "scripted/ttft=0;text=Roses"),
        ("ChatApp:Runs:FailOver:Models:broken/model:0", "scripted/ttft=0;text=Instead"),
        ("ChatApp:Providers:broken:Kind", "anthropic"),
    ];

    [Fact]
    public async Task Models_OfTheOpenAIProtocol_HaveTheAgents()
    {
        await using var app = await TestApp.StartAsync(model: (Func<Microsoft.Extensions.AI.IChatClient>?)null, time: null, Settings);
        var list = await app.Client.GetFromJsonAsync<JsonElement>("/v1/models", TestContext.Current.CancellationToken);
        Assert.Contains("agents/poet", list.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()));
        var one = await app.Client.GetFromJsonAsync<JsonElement>("/v1/models/agents/poet", TestContext.Current.CancellationToken);
        Assert.Equal("agents", one.GetProperty("owned_by").GetString());
        Assert.Equal(HttpStatusCode.NotFound, (await app.Client.GetAsync("/v1/models/agents/none", TestContext.Current.CancellationToken)).StatusCode);
    }

    [Theory]
    [InlineData("agents/poet", "Roses")]
    [InlineData("broken/model", "Instead")]
    public async Task Completion_OfAnAgentOrOfOneThatIsDown_IsAnswered(string model, string text)
    {
        await using var app = await TestApp.StartAsync(model: (Func<Microsoft.Extensions.AI.IChatClient>?)null, time: null, Settings);
        var response = await app.Client.PostAsJsonAsync("/v1/chat/completions", new { model, messages = new[] { new { role = "user", content = "hi" } } }, TestContext.Current.CancellationToken);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);

        Assert.Equal(text, answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()?.Trim());
        Assert.Equal(model, answer.GetProperty("model").GetString());
    }
}
