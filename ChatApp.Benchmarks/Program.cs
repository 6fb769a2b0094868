using ChatApp.Benchmarks;
using ChatApp.Benchmarks.Api;
using ChatApp.Benchmarks.Circuits;
using ChatApp.Benchmarks.Rendering;
using ChatApp.Benchmarks.Runs;
using ChatApp.Benchmarks.Storage;

// Size ladders for what the project exists for: dotnet run -c Release --project ChatApp.Benchmarks -- rendering
switch (args.FirstOrDefault())
{
    case "rendering":
        RenderingLadder.Run(Console.Out, quick: args.Contains("--quick"));
        return 0;
    case "batcher":
        return Ladder.Run<BatcherLadder>();
    case "log":
        return Ladder.Run<RunLogLadder>();
    case "catch-up":
        return Ladder.Run<CatchUpLadder>();
    case "frames":
        return Ladder.Run<FramesLadder>();
    case "journal":
        return Ladder.Run<JournalLadder>();
    case "upstream":
        await Upstream.RunAsync(args.ElementAtOrDefault(1) ?? "http://127.0.0.1:9110");
        return 0;
    default:
        Console.Error.WriteLine("Usage: ChatApp.Benchmarks rendering [--quick] | batcher | log | catch-up | frames | journal | upstream [ADDRESS]");
        return 2;
}
