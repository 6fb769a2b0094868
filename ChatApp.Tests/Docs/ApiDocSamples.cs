using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Docs;

/// <summary>The C# examples of <c>docs/api.md</c>, word for word: <see cref="ApiDocTests"/> compares them.</summary>
public sealed class ApiDocSamples
{
    [Fact]
    public async Task Text_AsInTheDocs_IsPrinted()
    {
        await using var app = await TestApp.StartAsync();
        var server = app.Client.BaseAddress!;
        var Console = new Printed();

        using var http = new HttpClient { BaseAddress = server };
        await using var text = await http.GetStreamAsync("/api/stream?format=text&q=hello");
        using var reader = new StreamReader(text);
        var buffer = new char[1024];
        for (int read; (read = await reader.ReadAsync(buffer)) > 0;)
        {
            Console.Write(buffer, 0, read);
        }

        Assert.Contains("✅ Complete", Console.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_AsInTheDocs_ArePrinted()
    {
        await using var app = await TestApp.StartAsync();
        var server = app.Client.BaseAddress!;
        var Console = new Printed();

        using var http = new HttpClient { BaseAddress = server };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/chat/stream");
        request.Content = JsonContent.Create(new
        {
            model = "scripted/tokens=20;rate=100",
            messages = new[] { new { role = "user", content = "hello" } },
        });
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            using var data = JsonDocument.Parse(item.Data);
            switch (data.RootElement.GetProperty("type").GetString())
            {
                case "token":
                    Console.Write(data.RootElement.GetProperty("content").GetString());
                    break;
                case "done":
                    Console.WriteLine($"\n{data.RootElement.GetProperty("reason")}");
                    break;
            }
        }

        Assert.EndsWith("\ncompleted", Console.ToString().TrimEnd(), StringComparison.Ordinal);
    }

    /// <summary>Stands for the console.</summary>
    private sealed class Printed
    {
        private readonly StringBuilder _text = new();

        public void Write(string? text) => _text.Append(text);

        public void Write(char[] buffer, int index, int count) => _text.Append(buffer, index, count);

        public void WriteLine(string text) => _text.Append(text).Append('\n');

        public override string ToString() => _text.ToString();
    }
}
