using System.Text.Json;
using System.Text.Json.Nodes;
using ChatApp.Tools;
using Microsoft.Extensions.AI;

namespace ChatApp.Runs;

/// <summary>The tool with which one agent lets another go on: calling it ends the agent's part. One for each part.</summary>
internal sealed class HandOverTool
{
    /// <summary>The tool's name.</summary>
    public const string Name = "hand_over";

    private const int MaxMessage = 16 * 1024;
    private const string Done = "Handed over to ";

    private readonly IReadOnlyList<RunAgent> _others;
    private readonly Func<bool> _takePlace;
    private readonly Lock _lock = new();

    /// <param name="others">Those it may hand over to.</param>
    /// <param name="takePlace">Takes a place among the run's lanes for the other; false where there is none left.</param>
    public HandOverTool(IReadOnlyList<RunAgent> others, Func<bool> takePlace)
    {
        (_others, _takePlace) = (others, takePlace);
        Tool = new Tool(new Function(this)) { Source = "agents", Title = "Hand over" };
    }

    public Tool Tool { get; }

    /// <summary>Who it has handed over to; null for nobody yet.</summary>
    public HandOverTo? Taken { get; private set; }

    /// <summary>Who a call of an earlier process has handed over to; null where none of the round has.</summary>
    public static HandOverTo? Of(StepRound round) =>
        round.Calls.Find(call => call.Call.Name == Name && call.Result is { } result && result.StartsWith(Done, StringComparison.Ordinal)) is { Call.Arguments: { } arguments } made
            ? new HandOverTo(made.Result![Done.Length..], arguments.TryGetValue("message", out var message) ? Cut(message?.ToString() ?? "") : "")
            : null;

    /// <summary>Stands as it did in the process that made the round.</summary>
    public void Restore(StepRound round)
    {
        lock (_lock)
        {
            if (Taken is null && Of(round) is { } taken && _others.Any(other => other.Name == taken.Agent) && _takePlace())
            {
                Taken = taken;
            }
        }
    }

    private static string Cut(string message) => message.Length > MaxMessage ? message[..MaxMessage] : message;

    private string HandOver(string? agent, string message)
    {
        lock (_lock)
        {
            if (_others.FirstOrDefault(other => other.Name == agent) is not { Name: { } name })
            {
                throw new ToolException($"There is no agent of that name to hand over to. There are: {string.Join(", ", _others.Select(other => other.Name))}.");
            }

            if (Taken is { } taken)
            {
                throw new ToolException($"Not handed over: {taken.Agent} goes on already.");
            }

            if (!_takePlace())
            {
                throw new ToolException($"Not handed over: {RunRequest.MaxAgents} parts are the most that an answer has. Finish it yourself.");
            }

            Taken = new HandOverTo(name, Cut(message));
            return $"{Done}{name}";
        }
    }

    private sealed class Function(HandOverTool owner) : AIFunction
    {
        public override string Name => HandOverTool.Name;

        public override string Description { get; } =
            "Lets another agent go on with the answer in your place; your own part ends with it. " + string.Join(" ", owner._others.Select(other => $"{other.Name}: {other.Description ?? "another agent"}."));

        public override JsonElement JsonSchema { get; } = JsonSerializer.SerializeToElement(new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                ["agent"] = new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. owner._others.Select(other => JsonValue.Create(other.Name))]), ["description"] = "Who goes on." },
                ["message"] = new JsonObject { ["type"] = "string", ["description"] = "What they shall do." },
            },
            ["required"] = new JsonArray("agent", "message"),
            ["additionalProperties"] = false,
        });

        protected override ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken) =>
            ValueTask.FromResult<object?>(owner.HandOver(Text(arguments, "agent"), Text(arguments, "message") ?? ""));

        private static string? Text(AIFunctionArguments arguments, string name) => arguments.TryGetValue(name, out var value) ? value?.ToString() : null;
    }
}
