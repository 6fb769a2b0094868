using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Tools;

/// <summary>The tools that come with the app, called by a model and answered in a stream.</summary>
public sealed class BuiltInToolsOnTheWireTests
{
    [Theory]
    [InlineData("guide/guide", "what is the time in Tokyo and what is 17 % of 4310?", "\"name\":\"calculator\",\"content\":\"732.7\",\"isError\":false", "\"tools\"")]
    [InlineData("scripted/ttft=0;rate=0;tokens=3;tools=2", "hi", "\"timeZone", "\"reason\":\"completed\"")]
    [InlineData("scripted/ttft=0;rate=0;tokens=3;tools=2;rounds=3", "hi", "\"id\":\"call_7_r3_2\"", "\"reason\":\"completed\"")]
    [InlineData("scripted/ttft=0;rate=0;tokens=3;call=nothing:{\"a\":\"b;c\"}", "hi", "There is no tool", "\"reason\":\"completed\"")]
    [InlineData("scripted/ttft=0;rate=0;tokens=3;badargs=1", "hi", "not valid JSON", "\"reason\":\"completed\"")]
    [InlineData("scripted/ttft=0;rate=0;tokens=3;call=calculator:{\"expression\":\"1/0\"}", "hi", "divides by zero", "\"isError\":true")]
    [InlineData("scripted/ttft=0;rate=0;tokens=3;call=calculator:{\"expression\":\"1 \\ud83d\"}", "hi", "is not understood", "\"reason\":\"completed\"")]
    [InlineData("scripted/ttft=0;rate=0;tokens=3;call=calculator:{\"sum\":1}", "hi", "do not fit", "\"isError\":true")]
    public async Task Run_ThatCallsTools_StreamsTheirResultsAndTheAnswer(string model, string question, params string[] parts)
    {
        await using var app = await TestApp.StartAsync();
        var stream = await app.Client.GetStringAsync($"/api/stream?q={Uri.EscapeDataString(question)}&model={Uri.EscapeDataString(model)}");

        foreach (var part in parts)
        {
            Assert.Contains(part, stream.Replace("\\u0022", "\"", StringComparison.Ordinal).Replace("\\\"", "\"", StringComparison.Ordinal), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("false", "There is no tool 'clock'")]
    [InlineData("calculator", "There is no tool 'clock'. There are: calculator.")]
    [InlineData("calculator,gone", "There is no tool 'clock'. There are: calculator.")]
    [InlineData("clock", "Asia/Tokyo")]
    public async Task Run_WithTheToolsOfItsProvider_HasThoseAlone(string tools, string said)
    {
        await using var app = await TestApp.StartAsync((Func<Microsoft.Extensions.AI.IChatClient>?)null, time: null, ("ChatApp:Providers:scripted:Tools", tools));
        var stream = await app.Client.GetStringAsync("/api/stream?q=hi&model=" + Uri.EscapeDataString("scripted/ttft=0;rate=0;tokens=3;call=clock:{\"timeZone\":\"Tokyo\"}"));

        Assert.Contains(said, stream.Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
