namespace ChatApp.Providers.Scripted;

/// <summary>The kind <c>scripted</c>: models that play what their name says, for trials, demonstrations, tests and benchmarks.</summary>
public sealed class ScriptedProviderKind(TimeProvider time) : IModelProviderKind
{
    /// <summary>The kind's name, and the name of the provider that is always there.</summary>
    public const string Name = "scripted";

    public string Kind => Name;

    public IModelProvider Create(string name, ProviderOptions options) => new Provider(name, options.Models, time);

    private sealed class Provider(string name, IList<string> models, TimeProvider time) : IModelProvider
    {
        private static readonly string[] Samples =
        [
            ScriptParser.Demo,
            "md=1;tokens=800",
            "reasoning=120;md=1",
            "tools=2",
            "stall=3000@100;tokens=200",
            "error=500@100",
        ];

        private readonly string[] _listed = models.Where(model => model != "*").ToArray() is { Length: > 0 } configured ? configured : Samples;

        public string Name => name;

        public string? Unavailable => null;

        public ValueTask<IReadOnlyList<string>> ListModelsAsync(CancellationToken cancellationToken) => new(_listed);

        public bool Accepts(string model) => ScriptParser.LooksLikeScript(model);

        public Microsoft.Extensions.AI.IChatClient CreateClient(string model) => new ScriptedChatClient(model, ScriptParser.Parse(model), time);
    }
}
