using System.Threading.Channels;
using BenchmarkDotNet.Attributes;
using ChatApp.Runs;

namespace ChatApp.Benchmarks.Runs;

/// <summary>
/// What a token costs that is added to a run and read by so many readers, each as soon as it is there: by cursors on one log, beside a channel for each
/// reader, and beside a list that each reader copies. Everything happens on one thread: no waiting is measured.
/// </summary>
public class RunLogLadder
{
    private const int Tokens = 1000;
    private const string Piece = "token ";

    private readonly List<RunEvent> _events = [];

    [Params(1, 10, 100)]
    public int Readers { get; set; }

    [Benchmark(OperationsPerInvoke = Tokens, Description = "run-log")]
    public int Log()
    {
        var run = NewRun();
        var part = run.Whole;
        var readers = Enumerable.Range(0, Readers).Select(_ => new RunReader(run, 0)).ToList();
        var read = 0;
        for (var i = 0; i < Tokens; i++)
        {
            run.AppendToken(part, Piece, 1);
            foreach (var reader in readers)
            {
                _events.Clear();
                reader.Read(_events);
                read += _events.Count;
            }
        }

        readers.ForEach(reader => reader.Dispose());
        return read;
    }

    [Benchmark(OperationsPerInvoke = Tokens, Baseline = true, Description = "channel-per-reader")]
    public int Channels()
    {
        var channels = Enumerable.Range(0, Readers).Select(_ => Channel.CreateUnbounded<RunEvent>()).ToList();
        var read = 0;
        for (var i = 0; i < Tokens; i++)
        {
            var token = new TokenEvent(Piece) { Seq = i };
            foreach (var channel in channels)
            {
                channel.Writer.TryWrite(token);
            }

            foreach (var channel in channels)
            {
                while (channel.Reader.TryRead(out _))
                {
                    read++;
                }
            }
        }

        return read;
    }

    [Benchmark(OperationsPerInvoke = Tokens, Description = "copied-list")]
    public int Copies()
    {
        var list = new List<RunEvent>();
        var read = 0;
        for (var i = 0; i < Tokens; i++)
        {
            list.Add(new TokenEvent(Piece) { Seq = i });
            for (var reader = 0; reader < Readers; reader++)
            {
                var copy = list.ToArray();
                read += copy.Length - i;
            }
        }

        return read;
    }

    internal static Run NewRun()
    {
        var run = new Run("0199a1b2c3d47e5f8091a2b3c4d5e6f7", "bench/bench", new RunRequest { Messages = [] }, TimeProvider.System);
        run.Start();
        return run;
    }
}
