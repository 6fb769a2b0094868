using ChatApp.Benchmarks.Rendering;

// Size ladders for what the project exists for: dotnet run -c Release --project ChatApp.Benchmarks -- rendering
switch (args.FirstOrDefault())
{
    case "rendering":
        RenderingLadder.Run(Console.Out, quick: args.Contains("--quick"));
        break;
    default:
        Console.Error.WriteLine("Usage: ChatApp.Benchmarks rendering [--quick]");
        return 2;
}

return 0;
