using ChatApp;
using ChatApp.Conversations;
using ChatApp.Runs;

Durations.Register();
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddRuns();
builder.Services.AddConversations();

var app = builder.Build();
await app.RunAsync();
