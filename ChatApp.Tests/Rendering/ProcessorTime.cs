using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ChatApp.Tests.Rendering;

/// <summary>The processor time of one thread, which what else the machine does leaves alone.</summary>
internal static partial class ProcessorTime
{
    private const int ThreadClock = 3;

    public static TimeSpan OfThread() => OperatingSystem.IsLinux() && ClockGetTime(ThreadClock, out var time) == 0
        ? TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromTicks(time.Nanoseconds / 100)
        : TimeSpan.FromTicks(Stopwatch.GetTimestamp() * TimeSpan.TicksPerSecond / Stopwatch.Frequency);

    [DllImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ClockGetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeSpec
    {
        public readonly long Seconds;
        public readonly long Nanoseconds;
    }
}
