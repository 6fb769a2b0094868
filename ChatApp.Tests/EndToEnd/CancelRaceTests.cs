using System.Net.Http.Json;
using System.Text.Json;
using ChatApp.Providers;
using ChatApp.Storage;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.EndToEnd;

/// <summary>A stop and the answer's end at the same moment: one of them wins, and everybody says which.</summary>
public sealed class CancelRaceTests(ITestOutputHelper output)
{
    [Fact]
    public async Task F11_CancelAtTheEnd_OneEndForEverybody()
    {
        var models = new System.Collections.Concurrent.ConcurrentDictionary<string, FakeChatClient>(StringComparer.Ordinal);
        await using var app = await TestApp.StartAsync(null, null, null, builder => builder.Services.AddSingleton<IModelCatalog>(new FakeCatalog(id => models[id])));
        var store = app.Services.GetRequiredService<RunStore>();
        var cancelled = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 500), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            var random = new Random(i);
            var model = models[$"fake/{i}"] = new FakeChatClient();
            var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var reader = new CutClient($"{i}") { OnFrame = () => heard.TrySetResult() };
            var reading = reader.AskAsync(app.Client, $"fake/{i}");
            model.Say("a");
            await heard.Task.WaitAsync(Eventually.Limit, CancellationToken.None);
            var ending = Task.Run(async () =>
            {
                for (var left = random.Next(40); left > 0; left--)
                {
                    model.Say("b");
                    await Task.Yield();
                }

                model.Finish();
            }, CancellationToken.None);
            using var answer = await app.Client.PostAsync($"/api/runs/{reader.RunId}/cancel", null, CancellationToken.None);
            var said = await answer.Content.ReadFromJsonAsync<JsonElement>(CancellationToken.None);
            var frozen = JsonElement.Parse(await app.Client.GetStringAsync($"/api/runs/{reader.RunId}", CancellationToken.None));
            await ending;
            Assert.True(await reading);

            var state = said.GetProperty("state").GetString()!;
            var whole = await reader.CompareAsync(app.Client);
            var row = await store.FindAsync(reader.RunId!);
            var done = Assert.Single(reader.Events.Values.Select(json => JsonElement.Parse(json)), data => data.GetProperty("type").GetString() == "done");
            Assert.Equal(state, done.GetProperty("reason").GetString());
            Assert.Equal((state, reader.Text, reader.Last), (row!.State, row.Text, row.Seq));
            Assert.Equal((state, reader.Text, reader.Last), (frozen.GetProperty("state").GetString()!, frozen.GetProperty("text").GetString()!, frozen.GetProperty("seq").GetInt64()));
            Assert.Equal((reader.Text, reader.Last, "complete"), (whole.Text, whole.Last, whole.LastFrame!.Type));
            Assert.Equal(reader.Last, said.GetProperty("seq").GetInt64());
            Assert.Equal(state != "cancelled", said.TryGetProperty("alreadyEnded", out var already) && already.GetBoolean());
            Interlocked.Add(ref cancelled, state == "cancelled" ? 1 : 0);
        });
        output.WriteLine($"{cancelled} of 500 were stopped before they ended");
    }
}
