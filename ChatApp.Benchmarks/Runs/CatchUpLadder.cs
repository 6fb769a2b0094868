using BenchmarkDotNet.Attributes;
using ChatApp.Runs;

namespace ChatApp.Benchmarks.Runs;

/// <summary>What it costs a reader to catch up with an answer of so many tokens: pieces come merged, beside a list of them that is copied.</summary>
public class CatchUpLadder
{
    private readonly List<RunEvent> _events = [];
    private readonly List<RunEvent> _list = [];
    private Run _run = null!;

    [Params(100, 1_000, 10_000, 100_000)]
    public int Tokens { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _run = RunLogLadder.NewRun();
        var part = _run.Whole;
        for (var i = 0; i < Tokens; i++)
        {
            _run.AppendToken(part, "token ", 1);
            _list.Add(new TokenEvent("token ") { Seq = i });
        }
    }

    [Benchmark(Description = "run-log")]
    public int Log()
    {
        _events.Clear();
        _run.Read(0, _events);
        return _events.Count;
    }

    // What is written for each event comes on top of it: a frame.
    [Benchmark(Baseline = true, Description = "copied-list")]
    public int Copy() => _list.ToArray().Length;
}
