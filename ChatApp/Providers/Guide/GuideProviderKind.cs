using Microsoft.Extensions.AI;

namespace ChatApp.Providers.Guide;

/// <summary>The kind <c>guide</c>: the built-in model that needs nothing, answers from the docs and shows what the page can do.</summary>
public sealed class GuideProviderKind(TimeProvider time) : IModelProviderKind
{
    /// <summary>The kind's name, the provider that is always there, and its only model.</summary>
    public const string Name = "guide";

    public string Kind => Name;

    public IModelProvider Create(string name, ProviderOptions options) => new Provider(name, time);

    private sealed class Provider(string name, TimeProvider time) : IModelProvider
    {
        private static readonly string[] Models = [GuideProviderKind.Name];

        public string Name => name;

        public string? Unavailable => null;

        public ValueTask<IReadOnlyList<string>> ListModelsAsync(CancellationToken cancellationToken) => new(Models);

        public bool Accepts(string model) => model == GuideProviderKind.Name;

        public IChatClient CreateClient(string model) => new GuideChatClient(time);
    }
}
