using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Providers;

/// <summary>Reads a client to its end while the clock moves a millisecond at a time, and notes when each update came.</summary>
internal static class PlayedStream
{
    public static Task<List<(double Ms, ChatResponseUpdate Update)>> PlayAsync(Func<TimeProvider, IChatClient> client, params ChatMessage[] messages) => PlayAsync(client, null, messages);

    public static async Task<List<(double Ms, ChatResponseUpdate Update)>> PlayAsync(Func<TimeProvider, IChatClient> client, ChatOptions? options, params ChatMessage[] messages)
    {
        var time = new FakeTime();
        var start = time.GetTimestamp();
        var came = new List<(double, ChatResponseUpdate)>();
        var reading = Task.Run(async () =>
        {
            using var made = client(time);
            await foreach (var update in made.GetStreamingResponseAsync(messages, options))
            {
                came.Add((time.GetElapsedTime(start).TotalMilliseconds, update));
            }
        });
        while (true)
        {
            await Eventually.Holds(() => reading.IsCompleted || time.ArmedTimers > 0, "a wait, or the end");
            if (reading.IsCompleted)
            {
                await reading;
                return came;
            }

            time.Advance(TimeSpan.FromMilliseconds(1));
        }
    }
}
