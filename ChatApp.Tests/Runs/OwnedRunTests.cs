using ChatApp.Runs;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Runs;

public sealed class OwnedRunTests
{
    [Fact]
    public void Attach_WhileTheTimerIsOnItsWay_KeepsTheRun()
    {
        var time = new LateTime();
        var cancelled = 0;
        var run = new Run("run", "fake/model", new RunRequest { Messages = [] }, time);
        var owned = new OwnedRun(run, new DisconnectPolicy(TimeSpan.FromSeconds(1)), FakeMeters.Create(), time, _ =>
        {
            cancelled++;
            return Task.CompletedTask;
        });
        owned.Attach().Dispose();
        var back = owned.Attach();
        time.Fire();
        Assert.Equal(0, cancelled);

        back.Dispose();
        time.Fire();
        Assert.Equal(1, cancelled);
    }

    /// <summary>Timers that fire though they were disposed of, as one does whose callback had begun.</summary>
    private sealed class LateTime : TimeProvider
    {
        public Action Fire { get; private set; } = () => { };

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Fire = () => callback(state);
            return new FakeTime().CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
