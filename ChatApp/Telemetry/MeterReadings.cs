using System.Diagnostics.Metrics;

namespace ChatApp.Telemetry;

/// <summary>Listens to the instruments of <see cref="RunMeters"/> from the start on, for the pages that show them.</summary>
internal sealed class MeterReadings : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, InstrumentReading> _byName = [];

    public MeterReadings(RunMeters meters)
    {
        // Instruments are published while Start runs: they were all made before. Several apps may live in one process, each with a meter of the name.
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, meters.Meter))
            {
                var reading = new InstrumentReading(instrument);
                _byName[instrument.Name] = reading;
                listener.EnableMeasurementEvents(instrument, reading);
            }
        };
        _listener.SetMeasurementEventCallback<long>(static (_, value, labels, reading) => ((InstrumentReading)reading!).Record(value, labels));
        _listener.SetMeasurementEventCallback<double>(static (_, value, labels, reading) => ((InstrumentReading)reading!).Record(value, labels));
        _listener.Start();
    }

    /// <summary>The reading of the instrument of that name.</summary>
    public InstrumentReading this[string name] => _byName[name];

    /// <summary>All readings, by name.</summary>
    public IEnumerable<InstrumentReading> All => _byName.Values.OrderBy(reading => reading.Instrument.Name, StringComparer.Ordinal);

    public void Dispose() => _listener.Dispose();
}
