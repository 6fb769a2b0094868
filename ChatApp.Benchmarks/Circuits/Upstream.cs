using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ChatApp.Benchmarks.Rendering;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChatApp.Benchmarks.Circuits;

/// <summary>
/// A model as OpenAI-compatible servers have them, for measuring. The model's name says what it does: <c>bench;tokens=600;rate=30;md=1</c>. A token is the
/// moment it was sent at, <c>@123456789; </c>, by the monotonic clock in nanoseconds; with <c>md=1</c> it stands behind a word of Markdown.
/// </summary>
internal static class Upstream
{
    private const string Head = """data: {"id":"bench","object":"chat.completion.chunk","created":1,"model":"bench","choices":[{"index":0,"delta":{""";

    public static async Task RunAsync(string address)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address);
        await using var app = builder.Build();
        app.MapGet("/v1/models", () => Results.Json(new { @object = "list", data = new[] { new { id = "bench", @object = "model" } } }));
        app.MapPost("/v1/chat/completions", AnswerAsync);
        await app.RunAsync();
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        var plan = body.RootElement.GetProperty("model").GetString()!.Split(';').Skip(1).Select(part => part.Split('='))
            .ToDictionary(part => part[0], part => int.Parse(part[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);
        var (tokens, rate) = (plan.GetValueOrDefault("tokens", 600), plan.GetValueOrDefault("rate", 30));
        var words = plan.GetValueOrDefault("md") == 1 ? Words(tokens) : null;
        context.Response.ContentType = "text/event-stream";
        var begun = Stopwatch.GetTimestamp();
        try
        {
            for (var i = 0; i < tokens; i++)
            {
                var wait = rate == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((double)i / rate) - Stopwatch.GetElapsedTime(begun);
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, context.RequestAborted);
                }

                var word = words is null ? "" : JsonEncodedText.Encode(words[i]).ToString();
                await SendAsync(context, string.Create(CultureInfo.InvariantCulture, $"{Head}\"content\":\"{word}@{Nanoseconds()}; \"}},\"finish_reason\":null}}]}}\n\n"));
            }

            await SendAsync(context, Head + """},"finish_reason":"stop"}]}""" + "\n\ndata: [DONE]\n\n");
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The reader has had enough.
        }
    }

    private static async Task SendAsync(HttpContext context, string text)
    {
        await context.Response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(text), context.RequestAborted);
    }

    private static long Nanoseconds() => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    // Each with the space behind it, so that no mark of Markdown comes apart.
    private static List<string> Words(int count)
    {
        var words = new List<string>(count);
        var text = LadderText.Of("mixed", count * 12);
        for (var at = 0; words.Count < count;)
        {
            var end = text.IndexOf(' ', at) + 1;
            words.Add(text[at..end]);
            at = end;
        }

        return words;
    }
}
