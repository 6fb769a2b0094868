using ChatApp.Runs;

namespace ChatApp.Tests.Infrastructure;

/// <summary>Waiting for what other threads do: by signal where there is one, and never longer than <see cref="Limit"/>.</summary>
internal static class Eventually
{
    /// <summary>Ten times and more what anything here takes; only a test that fails waits for it.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Ends when the run satisfies the condition.</summary>
    public static async Task Reaches(this Run run, Func<Run, bool> condition)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var reader = new RunReader(run, run.Seq);
        while (!condition(run))
        {
            await reader.WaitAsync(limit.Token);
        }
    }

    /// <summary>Ends when the run has ended.</summary>
    public static Task Ended(this Run run) => run.Reaches(r => r.IsEnded);

    /// <summary>The same for a condition that has to be asked for.</summary>
    public static async Task HoldsAsync(Func<Task<bool>> condition, string what)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!await condition())
        {
            Assert.False(limit.IsCancellationRequested, $"Never came: {what}");
        }
    }

    /// <summary>Ends when the condition holds, for conditions that nothing signals.</summary>
    public static async Task Holds(Func<bool> condition, string what)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!condition())
        {
            Assert.False(limit.IsCancellationRequested, $"Never came: {what}");
            await Task.Yield();
        }
    }
}
