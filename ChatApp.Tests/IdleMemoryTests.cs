namespace ChatApp.Tests;

public sealed class IdleMemoryTests
{
    private const long Megabyte = 1024 * 1024;

    [Fact]
    public void Look_QuietAfterWork_CollectsOnce()
    {
        var (allocated, collected) = (50 * Megabyte, 0);
        using var memory = new IdleMemory(TimeProvider.System, () => allocated, () => collected++);

        Assert.Equal(1, CollectedAfter(allocatedSince: 0));
        Assert.Equal(1, CollectedAfter(allocatedSince: 0));
        Assert.Equal(1, CollectedAfter(allocatedSince: 50 * Megabyte));
        Assert.Equal(2, CollectedAfter(allocatedSince: 0));
        // Hardly anything: not worth it.
        Assert.Equal(2, CollectedAfter(allocatedSince: Megabyte / 8));
        Assert.Equal(2, CollectedAfter(allocatedSince: 0));

        int CollectedAfter(long allocatedSince)
        {
            allocated += allocatedSince;
            memory.Look();
            return collected;
        }
    }
}
