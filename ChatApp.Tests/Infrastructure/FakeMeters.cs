using System.Diagnostics.Metrics;
using ChatApp.Telemetry;

namespace ChatApp.Tests.Infrastructure;

/// <summary>Meters of a test's own.</summary>
internal sealed class FakeMeters : IMeterFactory
{
    /// <summary>Instruments that nobody else's measurements reach.</summary>
    public static RunMeters Create()
    {
        using var factory = new FakeMeters();
        return new RunMeters(factory);
    }

    public Meter Create(MeterOptions options) => new(options);

    public void Dispose()
    {
    }
}
